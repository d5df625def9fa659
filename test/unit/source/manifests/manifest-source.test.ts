import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ClusterStore } from '../../../../src/cluster/store.ts';
import { formatProblem } from '../../../../src/base/problem.ts';
import { ManifestSource } from '../../../../src/source/manifests/manifest-source.ts';
import { readManifests } from '../../../../src/source/manifests/read-manifests.ts';
import { rawNode, rawService, rawSlice } from '../../../support/manifests.ts';
import { until } from '../../../support/until.ts';

const settleMs = 10;

describe('a folder of manifests', () => {
  let folder = '';
  let store: ClusterStore;
  let changes: string[];
  let complaints: string[];
  let sources: ManifestSource[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifests-'));
    store = new ClusterStore();
    changes = [];
    complaints = [];
    sources = [];
    store.onChange((change) => changes.push(change.kind === 'service' ? change.key : change.kind));
  });

  afterEach(async () => {
    await Promise.all(sources.map((source) => source.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  async function write(name: string, ...objects: unknown[]): Promise<void> {
    const text = objects
      .map((object) => (typeof object === 'string' ? object : stringify(object)))
      .join('---\n');
    await writeFile(join(folder, name), text);
  }

  /** A short rescan where notices are not what a test is about. */
  async function start(rescanMs = 20): Promise<void> {
    const source = new ManifestSource({
      folder,
      nodeName: 'node-a',
      onProblem: (problem) => complaints.push(formatProblem(problem)),
      settleMs,
      rescanMs,
    });
    sources.push(source);
    await source.start(store);
  }

  /** Long enough for several rescans. */
  async function aWhile(): Promise<void> {
    await delay(150);
  }

  function clusterIP(key: string): string | undefined {
    return store.service(key)?.clusterIPs[0]?.text;
  }

  it('fills the store, and it is synced', async () => {
    await write('a.yaml', rawService('web'), rawNode('node-a'), rawNode('node-b'));
    await write('b.yml', rawSlice('web-x1', 'web'));
    await write('c.json', JSON.stringify(rawService('api')));
    await start();
    assert.equal(store.synced, true);
    assert.deepEqual([...store.serviceKeys()].sort(), ['default/api', 'default/web']);
    assert.equal(store.slices('default/web').length, 1);
    assert.equal(store.node?.name, 'node-a');
    assert.equal(changes[0], 'node');
    assert.equal(changes.at(-1), 'synced');
    assert.deepEqual(complaints, []);
  });

  it('may be empty', async () => {
    await start();
    assert.equal(store.synced, true);
  });

  it('that does not exist is refused, in words', async () => {
    await rm(folder, { recursive: true });
    await assert.rejects(
      start(),
      new RegExp(`^Error: the folder of manifests does not exist: ${folder}$`),
    );
    await writeFile(folder, '');
    await assert.rejects(start(), /is not a folder/);
  });

  it('has other files, hidden ones and folders in it that do not count', async () => {
    await write('README.md', rawService('a'));
    await write('.b.yaml', rawService('b'));
    await write('c.yaml~', rawService('c'));
    await mkdir(join(folder, 'd.yaml'));
    await start();
    assert.deepEqual([...store.serviceKeys()], []);
    assert.deepEqual(complaints, []);
  });

  it('is noticed when it changes', async () => {
    await write('a.yaml', rawService('web'));
    await start();
    await write('a.yaml', rawService('web', { clusterIPs: ['10.96.0.99'] }));
    await until('the change is there', () => clusterIP('default/web') === '10.96.0.99');
    await write('b.yaml', rawService('api'));
    await until('the new file is there', () => clusterIP('default/api') !== undefined);
    await rm(join(folder, 'a.yaml'));
    await until('the Service is gone', () => clusterIP('default/web') === undefined);
    assert.deepEqual(complaints, []);
  });

  it('is noticed at once, by notices of the kernel', async () => {
    await write('a.yaml', rawService('web'));
    await start(60_000);
    await write('a.yaml', rawService('web', { clusterIPs: ['10.96.0.99'] }));
    await until('the change is there', () => clusterIP('default/web') === '10.96.0.99');
  });

  it('causes no work where a file is written anew with the same content', async () => {
    await write('a.yaml', rawService('web'));
    await start();
    changes.length = 0;
    await write('a.yaml', rawService('web'));
    await aWhile();
    assert.deepEqual(changes, []);
  });

  it('with a file that is not YAML tells so once and uses the others', async () => {
    await write('a.yaml', 'a: "\n');
    await write('b.yaml', rawService('web'));
    await start();
    await aWhile();
    assert.deepEqual([...store.serviceKeys()], ['default/web']);
    assert.deepEqual(complaints, [
      'a.yaml, document 1: manifest: line 2, column 1 must be YAML: Missing closing "quote',
    ]);
  });

  it('keeps the Services of a file that is broken, until it is sound again', async () => {
    await write('a.yaml', rawService('web'), rawService('api'));
    await start();
    await write('a.yaml', rawService('web', { clusterIPs: ['10.96.0.99'] }), 'kind: "Serv\n');
    await until('the sound document counts', () => clusterIP('default/web') === '10.96.0.99');
    assert.notEqual(clusterIP('default/api'), undefined);
    assert.equal(complaints.length, 1);
    await write('a.yaml', rawService('web'));
    await until('the other Service is gone', () => clusterIP('default/api') === undefined);
    assert.equal(complaints.length, 1);
  });

  it('keeps the Services of a file that has become empty', async () => {
    await write('a.yaml', rawService('web'));
    await start();
    await write('a.yaml', '');
    await until('it is told', () => complaints.length > 0);
    assert.deepEqual(complaints, [
      'a.yaml: manifest: is empty: its objects stay until the file is removed',
    ]);
    assert.notEqual(clusterIP('default/web'), undefined);
    await write('a.yaml', '# nothing\n');
    await until('the Service is gone', () => clusterIP('default/web') === undefined);
  });

  it('tells of a link that leads nowhere', async () => {
    await symlink('nowhere', join(folder, 'a.yaml'));
    await write('b.yaml', rawService('web'));
    await start();
    assert.deepEqual(complaints, ['a.yaml: manifest: cannot be read (ENOENT)']);
    assert.notEqual(clusterIP('default/web'), undefined);
  });

  it('may be a ConfigMap volume, whose files are swapped by one link', async () => {
    for (const [version, address] of [
      ['..v1', '10.96.0.1'],
      ['..v2', '10.96.0.2'],
    ] as const) {
      await mkdir(join(folder, version));
      await write(`${version}/web.yaml`, rawService('web', { clusterIPs: [address] }));
    }
    await symlink('..v1', join(folder, '..data'));
    await symlink('..data/web.yaml', join(folder, 'web.yaml'));
    await start();
    assert.equal(clusterIP('default/web'), '10.96.0.1');
    await symlink('..v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await until('the new version counts', () => clusterIP('default/web') === '10.96.0.2');
    assert.deepEqual(complaints, []);
  });

  it('that goes away changes nothing, and is told once', async () => {
    await write('a.yaml', rawService('web'));
    await start();
    await rename(folder, `${folder}-away`);
    await until('it is told', () => complaints.length > 0);
    await aWhile();
    assert.equal(complaints.length, 1);
    assert.notEqual(clusterIP('default/web'), undefined);
    await rename(`${folder}-away`, folder);
    await write('b.yaml', rawService('api'));
    await until('it is read again', () => clusterIP('default/api') !== undefined);
  });

  it('is left alone once the source has stopped', async () => {
    await start();
    await sources[0]?.stop();
    await write('a.yaml', rawService('web'));
    await aWhile();
    assert.deepEqual([...store.serviceKeys()], []);
  });

  it('can be read once, without a source', async () => {
    await write('a.yaml', rawService('web'), { kind: 'Pod' });
    const { services, problems } = await readManifests(folder, undefined);
    assert.deepEqual(
      services.map(({ name }) => name),
      ['web'],
    );
    assert.equal(problems.length, 1);
  });
});
