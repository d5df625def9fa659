import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GoldenShape } from '../../src/cli/golden-shape.ts';
import { planJson, runOnce } from '../support/cli.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { expectedOf, goldenFolder, loadGoldenCases, type GoldenCase } from '../support/golden.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';

/** As the README of the cases has it. */
const addNodeLinks = `
  ip link add eth0 type dummy; ip link set eth0 up
  ip link add eth1 type dummy; ip link set eth1 up
  ip addr add 192.0.2.10/24 dev eth0
  ip addr add 2001:db8::10/64 dev eth0 nodad
  ip addr add 198.18.0.5/24 dev eth1`;

describe('what kube-proxy left in a real kernel, run --once leaves there', () => {
  const cases = loadGoldenCases();
  if (cases === undefined) {
    it('the golden cases', function () {
      console.warn(`SKIPPED: there are no golden cases in ${goldenFolder}`);
      this.skip();
    });
    return;
  }
  let folder: TestFolder;

  before(() => shell(addNodeLinks));
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(async () => {
    folder.delete();
    await emptyKernel();
  });
  after(() => shell('ip link delete eth0; ip link delete eth1'));

  for (const golden of cases) {
    it(`${golden.name}: ${golden.about}`, async () => {
      const where = writeCase(folder, golden);
      const expected = expectedShape(golden);

      const { code, log } = await runOnce(where);
      assert.equal(code, 0, log.messages('error').join('\n'));
      assert.deepEqual(log.messages('error'), []);
      assert.deepEqual(await shownKernel(), expected, 'the kernel');

      const { difference, ...plan } = await planOf(where);
      assert.deepEqual(plan, expected, 'the plan');
      assert.deepEqual(difference, [], 'nothing is left to do');
    });
  }
});

interface Plan extends GoldenShape {
  readonly difference: readonly unknown[] | null;
}

interface Where {
  readonly manifests: string;
  readonly config: string;
  readonly nodeName: string;
}

function expectedShape(golden: GoldenCase): GoldenShape {
  const { virtualServers, boundAddresses } = expectedOf(golden);
  return { virtualServers, boundAddresses };
}

function writeCase(folder: TestFolder, golden: GoldenCase): Where {
  folder.write('node.json', readFileSync(join(goldenFolder, 'node.json'), 'utf8'));
  folder.write('case.json', golden.objects);
  const config = folder.config({ ipvs: { scheduler: 'rr', ...golden.config } });
  return { manifests: folder.manifests, config, nodeName: 'node-a' };
}

async function planOf(where: Where): Promise<Plan> {
  const { code, output } = await planJson(where);
  assert.equal(code, 0);
  const { virtualServers, boundAddresses, difference } = JSON.parse(output) as Plan;
  return { virtualServers, boundAddresses, difference };
}
