import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { overlays, renderedFile } from '../../../hack/manifests/rendered.ts';
import { configFolder } from '../../support/deployed.ts';
import { DiscoveryServer } from '../../support/discovery-server.ts';
import { objectsOf } from '../../support/kustomize.ts';

const run = promisify(execFile);

describe('kubectl apply --dry-run=client', function () {
  this.timeout(30_000);
  this.slow(5000);
  let server: DiscoveryServer;
  let home: string;

  before(async () => {
    server = await DiscoveryServer.start();
    home = mkdtempSync(join(tmpdir(), 'kube-ipvs-kubectl-'));
  });
  after(() => {
    server.stop();
    rmSync(home, { recursive: true, force: true });
  });

  // The fields are checked against the API's types in schema.test.ts: the server has no schema.
  async function apply(...from: readonly string[]): Promise<string> {
    const args = [`--server=${server.url}`, 'apply', '--dry-run=client', '--validate=false'];
    const env = { ...process.env, HOME: home, KUBECONFIG: join(home, 'none') };
    const { stdout } = await run('kubectl', [...args, ...from], { env });
    return stdout;
  }

  for (const file of globSync('base/*.yaml', { cwd: configFolder })) {
    if (!file.endsWith('kustomization.yaml')) {
      it(`accepts config/${file}`, async () => {
        assert.match(await apply('-f', join(configFolder, file)), /kube-ipvs created \(dry run\)/);
      });
    }
  }

  for (const overlay of overlays) {
    it(`accepts the overlay ${overlay}, every object of it`, async () => {
      const output = await apply('-f', renderedFile(overlay));
      const { length } = objectsOf(overlay);
      assert.equal(output.match(/created \(dry run\)/g)?.length, length, output);
    });
  }

  it('refuses an object of a kind that the cluster does not have', async () => {
    await assert.rejects(apply('-f', join(configFolder, 'base/kustomization.yaml')));
  });

  it('changes nothing at the server', () => {
    assert.deepEqual(server.changes, []);
  });
});
