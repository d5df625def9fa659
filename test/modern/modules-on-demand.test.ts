import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { cleanUp, runOnce } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';

/** One that no other test uses. */
const scheduler = 'ovf';

describe('a kernel that loads modules on demand', () => {
  let folder: TestFolder;

  before(async () => {
    folder = new TestFolder();
    // Rules of ours from the tests before need a module of IPVS.
    assert.equal((await cleanUp({ dryRun: false })).code, 0);
    await emptyKernel();
    // A network namespace that has just been deleted may hold IPVS for some seconds.
    while (loadedModules().length > 0) {
      await shell(`modprobe -ar ${loadedModules().join(' ')} 2>/dev/null || sleep 0.2`);
    }
  });
  after(async () => {
    folder.delete();
    await emptyKernel();
  });

  it('has IPVS and the scheduler of a Service after the first run', async () => {
    assert.equal(existsSync('/proc/net/ip_vs'), false);
    folder.write(
      'web.json',
      serviceWith('web', '10.96.0.1', ['192.0.2.10'], {
        port: 8080,
        annotations: { 'kube-ipvs.io/scheduler': scheduler },
      }),
    );
    const { code, log } = await runOnce({ manifests: folder.manifests, nodeName: 'node-a' });
    assert.equal(code, 0, log.messages('error').join('\n'));
    assert.deepEqual(log.messages('warn'), []);
    assert.deepEqual(
      (await shownKernel()).virtualServers.map((server) => server.scheduler),
      [scheduler],
    );
    assert.ok(loadedModules().includes(`ip_vs_${scheduler}`));
  });
});

/** IPVS and what depends on it, which goes first. */
function loadedModules(): readonly string[] {
  return readdirSync('/sys/module')
    .filter((name) => /^(ip_vs|ip_vs_.*|xt_ipvs)$/.test(name))
    .sort((a, b) => b.length - a.length);
}
