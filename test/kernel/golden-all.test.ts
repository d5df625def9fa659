import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AddressClient } from '../../src/kernel/vip-link/client.ts';
import { nodeAddressesOf } from '../../src/kernel/vip-link/node-addresses.ts';
import type { GoldenShape } from '../../src/cli/golden-shape.ts';
import type { Kernel } from '../../src/app/kernel.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import { planJson, runOnce } from '../support/cli.ts';
import { TestFolder } from '../support/cli-folder.ts';
import {
  expectedOf,
  goldenFolder,
  loadGoldenCases,
  optionsOf,
  putCase,
  type GoldenCase,
} from '../support/golden.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';
import { openTestKernel } from '../support/open-kernel.ts';
import { RunningProgram } from '../support/running-program.ts';

/** As the README of the cases has it. */
const addNodeLinks = `
  ip link add eth0 type dummy; ip link set eth0 up
  ip link add eth1 type dummy; ip link set eth1 up
  ip addr add 192.0.2.10/24 dev eth0
  ip addr add 2001:db8::10/64 dev eth0 nodad
  ip addr add 198.18.0.5/24 dev eth1`;

/** With a scheduler of the configuration; what is translated is shown of each case by itself. */
const byCommand = 'scheduler-global';

describe('what kube-proxy left in a real kernel, this program leaves there', () => {
  const cases = loadGoldenCases();
  if (cases === undefined) {
    it('the golden cases', function () {
      console.warn(`SKIPPED: there are no golden cases in ${goldenFolder}`);
      this.skip();
    });
    return;
  }
  let kernel: Kernel;
  let nodeAddresses: readonly IpAddress[];

  before(async () => {
    await emptyKernel();
    await shell(addNodeLinks);
    nodeAddresses = await readNodeAddresses();
    const warnings: string[] = [];
    kernel = await openTestKernel((message) => warnings.push(message));
    assert.deepEqual(warnings, []);
  });
  afterEach(() => emptyKernel());
  after(async () => {
    kernel.close();
    await shell('ip link delete eth0; ip link delete eth1');
  });

  for (const golden of cases) {
    it(`${golden.name}: ${golden.about}`, async () => {
      const program = new RunningProgram(kernel, optionsOf(golden));
      program.translator.nodeAddressesChanged(nodeAddresses);
      putCase(program.store, golden);
      await program.audit();
      assert.deepEqual(program.mistakes, []);
      assert.deepEqual(await shownKernel(), expectedShape(golden), 'the kernel');
      assert.equal((await kernel.reconciler.audit()).applied, 0, 'nothing is left to do');

      program.store.replaceServices([]);
      program.store.replaceSlices([]);
      await program.audit();
      assert.deepEqual(await shownKernel(), expectedShape(undefined), 'without the Services');
    });
  }

  it(`${byCommand}, by run --once and plan`, async () => {
    const golden = cases.find(({ name }) => name === byCommand);
    assert.ok(golden);
    const folder = new TestFolder();
    try {
      const where = writeCase(folder, golden);
      const { code, log } = await runOnce(where);
      assert.equal(code, 0, log.messages('error').join('\n'));
      assert.deepEqual(log.messages('error'), []);
      assert.deepEqual(await shownKernel(), expectedShape(golden), 'the kernel');

      const { difference, ...plan } = await planOf(where);
      assert.deepEqual(plan, expectedShape(golden), 'the plan');
      assert.deepEqual(difference, [], 'nothing is left to do');
    } finally {
      folder.delete();
    }
  });
});

/** As the program reads them, from the links above. */
async function readNodeAddresses(): Promise<readonly IpAddress[]> {
  const client = new AddressClient();
  try {
    return nodeAddressesOf(await client.links(), await client.addresses());
  } finally {
    client.close();
  }
}

interface Plan extends GoldenShape {
  readonly difference: readonly unknown[] | null;
}

interface Where {
  readonly manifests: string;
  readonly config: string;
  readonly nodeName: string;
}

/** Without a case, that of a kernel in which nothing is. */
function expectedShape(golden: GoldenCase | undefined): GoldenShape {
  if (golden === undefined) {
    return { virtualServers: [], boundAddresses: [] };
  }
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
