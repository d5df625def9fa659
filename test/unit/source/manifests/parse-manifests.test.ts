import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseManifests } from '../../../../src/source/manifests/parse-manifests.ts';
import { formatProblem } from '../../../../src/base/problem.ts';
import { rawNode, rawService, rawSlice } from '../../../support/manifests.ts';

const good = stringify(rawService('good'));

function read(text: string, file = 'web.yaml'): { ids: string[]; complaints: string[] } {
  const { objects, problems } = parseManifests(text, file);
  return { ids: objects.map(({ id }) => id), complaints: problems.map(formatProblem) };
}

function documents(...texts: string[]): string {
  return texts.join('---\n');
}

describe('a manifest file', () => {
  it('may hold many documents, and empty ones among them', () => {
    const text = documents(
      '# a comment\n',
      good,
      '',
      '# nothing here\n',
      stringify(rawSlice('good-x1', 'good')),
      stringify(rawNode('node-a')),
      '',
    );
    assert.deepEqual(read(text), {
      ids: ['Service default/good', 'EndpointSlice default/good-x1', 'Node node-a'],
      complaints: [],
    });
  });

  it('may be empty', () => {
    for (const text of ['', '\n', '# only a comment\n', '---\n', '---\n---\n', 'null\n']) {
      assert.deepEqual(read(text), { ids: [], complaints: [] });
    }
  });

  it('may hold lists, as kubectl and the API server print them', () => {
    const items = [rawService('a'), rawSlice('a-x1', 'a')];
    const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
    const bare = {
      metadata: { name: 'b' },
      spec: { clusterIP: '10.96.0.2', ports: [{ port: 1 }] },
    };
    const typed = { apiVersion: 'v1', kind: 'ServiceList', items: [bare] };
    const slices = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSliceList', items: null };
    assert.deepEqual(read(documents(stringify(list), stringify(typed), stringify(slices))), {
      ids: ['Service default/a', 'EndpointSlice default/a-x1', 'Service default/b'],
      complaints: [],
    });
  });

  it('may be JSON', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [rawService('a')] };
    const text = JSON.stringify(list, undefined, '\t');
    assert.deepEqual(read(text, 'web.json'), { ids: ['Service default/a'], complaints: [] });
    assert.deepEqual(read(text, 'web.yaml').ids, ['Service default/a']);
  });

  for (const [what, bad, complaint] of [
    [
      'with a bracket left open',
      'kind: Service\nmetadata: {name: [a\n',
      'web.yaml, document 2: manifest: line 18, column 1 must be YAML: ',
    ],
    [
      'with a quote left open',
      'kind: Service\nmetadata:\n  name: "a\n',
      'web.yaml, document 2: manifest: line 19, column 1 must be YAML: Missing closing "quote',
    ],
    [
      'that repeats a field',
      'kind: Service\nkind: Service\n',
      'web.yaml, document 2: manifest: line 17, column 1 must be YAML: Map keys must be unique',
    ],
    [
      'that is text',
      'just text\n',
      'web.yaml, document 2: manifest: is "just text"; must be a Kubernetes object with kind and metadata',
    ],
    [
      'without a kind',
      'apiVersion: v1\nmetadata: {name: a}\n',
      'web.yaml, document 2: manifest: kind must be Service, EndpointSlice, Node or a List of these',
    ],
    [
      'of an unknown kind',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n',
      'web.yaml, document 2: manifest: kind is "Deployment"; must be Service, EndpointSlice, Node or a List of these',
    ],
    [
      'of another apiVersion',
      'apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: a}\n',
      'web.yaml, document 2: EndpointSlice default/a: apiVersion is "discovery.k8s.io/v1beta1"; must be discovery.k8s.io/v1',
    ],
    [
      'without a name',
      'apiVersion: v1\nkind: Service\nspec: {}\n',
      'web.yaml, document 2: Service: metadata.name must be 1 to 63 lower-case letters',
    ],
    [
      'with a list of items that is none',
      'apiVersion: v1\nkind: List\nitems: 5\n',
      'web.yaml, document 2: manifest: items is 5; must be a list',
    ],
    [
      'with a list in a list',
      'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: []}]\n',
      'web.yaml, document 2, items[0]: manifest: kind is "List"; must be Service,',
    ],
    [
      'with another kind in a typed list',
      'apiVersion: v1\nkind: ServiceList\nitems: [{kind: Node, metadata: {name: a}}]\n',
      'web.yaml, document 2, items[0]: manifest: kind is "Node"; must be Service',
    ],
    [
      'with an alias to what encloses it',
      'apiVersion: v1\nkind: Service\nmetadata: &m {name: a, annotations: *m}\n',
      'web.yaml, document 2: manifest: must be YAML: ',
    ],
  ] as const) {
    it(`with a document ${what} loses that document alone`, () => {
      const { ids, complaints } = read(documents(good, bad, stringify(rawService('other'))));
      assert.deepEqual(ids, ['Service default/good', 'Service default/other']);
      assert.equal(complaints.length, 1, complaints.join('\n'));
      assert.ok(complaints[0]?.startsWith(complaint), complaints[0]);
    });
  }

  it('with a port of 70000 loses that port alone', () => {
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 70_000 },
    ];
    const { objects, problems } = parseManifests(stringify(rawService('web', { ports })), 'a.yaml');
    assert.deepEqual(problems.map(formatProblem), [
      'a.yaml, document 1: Service default/web: spec.ports[1].port is 70000; must be a number from 1 to 65535',
    ]);
    const [web] = objects;
    assert.ok(web?.kind === 'Service');
    assert.deepEqual(
      web.value.ports.map(({ port }) => port),
      [80],
    );
  });

  it('with an endpoint that is no IP address loses that endpoint alone', () => {
    const endpoints = [{ addresses: ['web.example.com'] }, { addresses: ['10.244.1.1'] }];
    const text = stringify(rawSlice('web-x1', 'web', { endpoints }));
    const { objects, problems } = parseManifests(text, 'a.yaml');
    assert.deepEqual(problems.map(formatProblem), [
      `a.yaml, document 1: EndpointSlice default/web-x1: endpoints[0].addresses[0] is "web.example.com"; must be an IPv4 address, as the slice's addressType says`,
    ]);
    const [slice] = objects;
    assert.ok(slice?.kind === 'EndpointSlice');
    assert.equal(slice.value.endpoints.length, 1);
  });

  it('of JSON that is cut off is one problem, with its place', () => {
    const { ids, complaints } = read('{\n "kind": "Service",\n', 'web.json');
    assert.deepEqual(ids, []);
    assert.equal(complaints.length, 1);
    assert.match(
      complaints[0] ?? '',
      /^web\.json, document 1: manifest: line 3, column 1 must be JSON: /,
    );
  });

  it('cannot fill the memory with aliases', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const aliases = Array.from({ length: 9 }, () => `*l${level}`).join(', ');
      return `l${level + 1}: &l${level + 1} [${aliases}]\n`;
    });
    const { ids, complaints } = read(documents(`l0: &l0 [x]\n${levels.join('')}`, good));
    assert.deepEqual(ids, ['Service default/good']);
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? '', /Excessive alias count/);
  });

  it('cannot break out of its document by its depth', () => {
    const { ids, complaints } = read(documents(`${'['.repeat(2000)}\n`, good));
    assert.deepEqual(ids, ['Service default/good']);
    assert.equal(complaints.length, 1);
  });

  it('may use aliases and merge keys', () => {
    const text = [
      'apiVersion: v1',
      'kind: Service',
      'metadata: {name: web}',
      'spec:',
      '  clusterIP: 10.96.0.1',
      '  ports:',
      '  - &port {name: a, port: 80}',
      '  - {<<: *port, name: b, port: 81}',
      '',
    ].join('\n');
    assert.deepEqual(read(text), { ids: ['Service default/web'], complaints: [] });
  });

  it('tells whether it is sound, and which objects it has but cannot use', () => {
    const slice = rawSlice('web-x1', 'web', { addressType: 'IPv5' });
    const old = { ...rawService('web'), apiVersion: 'v2' };
    const sound = parseManifests(documents(stringify(slice), stringify(old)), 'a.yaml');
    assert.equal(sound.broken, false);
    assert.deepEqual(sound.unusable, ['EndpointSlice default/web-x1', 'Service default/web']);
    assert.equal(parseManifests('a: "', 'a.yaml').broken, true);
  });

  it('never makes reading it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .array(
              fc.constantFrom(
                '---',
                '\n',
                'kind: ',
                'Service',
                '{',
                '[',
                '"',
                '- ',
                '&a ',
                '*a',
                ': ',
                '  ',
                '%',
                '|',
                '#',
                '...',
              ),
            )
            .map((parts) => parts.join('')),
          fc.jsonValue().map((json) => JSON.stringify(json)),
        ),
        fc.constantFrom('a.yaml', 'a.json'),
        (text, file) => {
          for (const problem of parseManifests(text, file).problems) {
            assert.ok(formatProblem(problem).startsWith(`${file}, document `));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
