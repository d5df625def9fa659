import assert from 'node:assert/strict';
import { parseLog } from '../support/cli-log.ts';
import { KubeIpvs, type Ending } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { emptyKernel, shownKernel } from '../support/kernel-state.ts';

const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

describe('the process', () => {
  let folder: TestFolder;

  before(() => {
    folder = new TestFolder();
    folder.write('web.json', serviceWith('web', '10.96.0.1', ['10.244.1.1']));
  });
  after(async () => {
    folder.delete();
    await emptyKernel();
  });

  it('exits with 3 and one line without the right to use IPVS', async () => {
    const ending = await new KubeIpvs(['cleanup'], { prefix: nobody }).ended;
    assert.equal(ending.code, 3);
    assert.match(
      onlyLine(ending),
      /^the right to use IPVS is missing: run as root or with .*NET_ADMIN/,
    );
  });

  it('exits with 1 and one line where the folder of manifests does not exist', async () => {
    const ending = await new KubeIpvs(['run', '--manifests', '/nowhere/at-all']).ended;
    assert.equal(ending.code, 1);
    assert.equal(onlyLine(ending), 'the folder of manifests does not exist: /nowhere/at-all');
  });

  it('ends on SIGTERM with 0 within two seconds, and leaves the rules', async () => {
    const process = new KubeIpvs(['run', '--manifests', folder.manifests]);
    await process.logged('kernel synced');
    const before = await shownKernel();
    assert.equal(before.virtualServers.length, 1);

    const startedAt = performance.now();
    const { code, signal } = await process.end('SIGTERM');
    const tookMs = performance.now() - startedAt;

    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    console.log(`      it took ${Math.round(tookMs)} ms`);
    assert.ok(tookMs < 2000, `${tookMs} ms`);
    assert.deepEqual(await shownKernel(), before);
  });
});

/** The message, where the error output has one line alone; the standard output has none. */
function onlyLine({ stdout, stderr }: Ending): string {
  assert.equal(stdout, '');
  const [line, ...more] = parseLog(stderr).filter(({ level }) => level !== 'info');
  assert.deepEqual(more, [], stderr);
  assert.equal(line?.level, 'fatal');
  return line.msg;
}
