import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { formatProblem } from '../../../../src/base/problem.ts';
import { keepLastGood, mergeManifests } from '../../../../src/source/manifests/merge-manifests.ts';
import { parseManifests } from '../../../../src/source/manifests/parse-manifests.ts';
import { rawNode, rawService, rawSlice } from '../../../support/manifests.ts';

function file(name: string, ...objects: unknown[]): ReturnType<typeof parseManifests> {
  return parseManifests(objects.map((object) => stringify(object)).join('---\n'), name);
}

function ids(parsed: ReturnType<typeof parseManifests>): string[] {
  return parsed.objects.map(({ id }) => id).sort();
}

describe('the manifest files of a folder', () => {
  it('describe one cluster', () => {
    const merged = mergeManifests(
      [
        file('a.yaml', rawService('a'), rawNode('node-a', { 'topology.kubernetes.io/zone': 'z1' })),
        file('b.yaml', rawSlice('a-x1', 'a'), rawNode('node-b')),
      ],
      'node-a',
    );
    assert.deepEqual(
      merged.services.map(({ name }) => name),
      ['a'],
    );
    assert.deepEqual(
      merged.slices.map(({ name }) => name),
      ['a-x1'],
    );
    assert.equal(merged.node?.name, 'node-a');
    assert.equal(merged.node.zone, 'z1');
    assert.deepEqual(merged.problems, []);
  });

  it('with the same object twice have the first, and a problem for the second', () => {
    const merged = mergeManifests(
      [
        file('a.yaml', rawService('web', { clusterIPs: ['10.96.0.1'] })),
        file('b.yaml', rawService('other'), rawService('web', { clusterIPs: ['10.96.0.2'] })),
        file('c.yaml', rawService('web', {}, { namespace: 'elsewhere' })),
      ],
      undefined,
    );
    assert.deepEqual(
      merged.services.map(
        ({ namespace, name, clusterIPs }) => `${namespace}/${name} ${clusterIPs[0]?.text}`,
      ),
      ['default/web 10.96.0.1', 'default/other 10.96.0.10', 'elsewhere/web 10.96.0.10'],
    );
    assert.deepEqual(merged.problems.map(formatProblem), [
      'b.yaml, document 2: Service default/web: metadata.name is "web"; must be defined once: a.yaml, document 1 has it already and counts',
    ]);
  });
});

describe('a manifest file that has changed', () => {
  const before = file('a.yaml', rawService('web'), rawSlice('web-x1', 'web'), rawService('api'));

  it('loses the objects that are taken out of it', () => {
    assert.deepEqual(ids(keepLastGood(before, file('a.yaml', rawService('web')))), [
      'Service default/web',
    ]);
  });

  it('keeps all that is missing while a document is not YAML', () => {
    const now = parseManifests(
      `${stringify(rawService('web', { clusterIPs: ['10.96.0.99'] }))}---\n"`,
      'a.yaml',
    );
    const kept = keepLastGood(before, now);
    assert.deepEqual(ids(kept), ids(before));
    const [web] = kept.objects;
    assert.ok(web?.kind === 'Service');
    assert.deepEqual(web.value.clusterIPs.map(String), ['10.96.0.99']);
    assert.deepEqual(ids(keepLastGood(kept, parseManifests('"', 'a.yaml'))), ids(before));
  });

  it('keeps an object as it was that cannot be used now', () => {
    const broken = rawSlice('web-x1', 'web', { addressType: 'IPv5' });
    assert.deepEqual(ids(keepLastGood(before, file('a.yaml', broken))), [
      'EndpointSlice default/web-x1',
    ]);
  });

  it('loses an object that became none of ours', () => {
    const fqdn = rawSlice('web-x1', 'web', { addressType: 'FQDN' });
    assert.deepEqual(ids(keepLastGood(before, file('a.yaml', fqdn))), []);
  });
});
