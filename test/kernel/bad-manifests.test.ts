import assert from 'node:assert/strict';
import { runOnce } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { emptyKernel, shownKernel } from '../support/kernel-state.ts';

const service = (name: string, address: string, ...ports: readonly number[]) => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { clusterIP: ${address}, ports: [${ports.map((port) => `{ name: p${port}, port: ${port} }`).join(', ')}] }
`;
const slice = (service: string, address: string) => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${service}-1
  namespace: default
  labels: { kubernetes.io/service-name: ${service} }
addressType: IPv4
endpoints: [{ addresses: [${address}] }, { addresses: [10.244.1.9] }]
ports: [{ name: p80, port: 8080 }]
`;

/** Each a file of its own, with what its one error has to name. */
const badFiles = {
  'not-yaml.yaml': {
    text: 'kind: [Service\n',
    names: ['not-yaml.yaml, document 1', 'line', 'YAML'],
  },
  'no-name.yaml': {
    text: service('', '10.96.0.2', 80),
    names: ['no-name.yaml, document 1', 'metadata.name'],
  },
  'port.yaml': {
    text: service('far', '10.96.0.3', 80, 70000),
    names: ['port.yaml, document 1', 'Service default/far', 'spec.ports[1].port', '70000', '65535'],
  },
  'endpoint.yaml': {
    text: `${service('half', '10.96.0.4', 80)}---\n${slice('half', 'localhost')}`,
    names: [
      'endpoint.yaml, document 2',
      'EndpointSlice default/half-1',
      'endpoints[0].addresses[0]',
      'localhost',
    ],
  },
  'kind.yaml': {
    text: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n',
    names: ['kind.yaml, document 1', 'kind', 'Deployment', 'EndpointSlice'],
  },
  'mixed.yaml': {
    text: `${service('left', '10.96.0.5', 80)}---\n{ broken\n---\n${service('right', '10.96.0.6', 80)}`,
    names: ['mixed.yaml, document 2', 'YAML'],
  },
  'broken.json': { text: '{ "kind": ', names: ['broken.json, document 1', 'JSON'] },
};

describe('bad manifests among good ones', () => {
  let folder: TestFolder;
  let errors: readonly string[];
  let code: number;

  before(async () => {
    folder = new TestFolder();
    folder.write('a-good.json', serviceWith('first', '10.96.0.1', ['10.244.1.1']));
    folder.write('z-good.json', serviceWith('last', '10.96.0.9', ['10.244.1.2']));
    for (const [name, { text }] of Object.entries(badFiles)) {
      folder.write(name, text);
    }
    const result = await runOnce({ manifests: folder.manifests, nodeName: 'node-a' });
    code = result.code;
    errors = result.log.messages('error');
  });
  after(async () => {
    folder.delete();
    await emptyKernel();
  });

  for (const [name, { names }] of Object.entries(badFiles)) {
    it(`${name}: one error, one line, which names ${names.slice(1).join(', ')}`, () => {
      const [error = '', ...more] = errors.filter((text) => text.startsWith(name));
      assert.deepEqual(more, []);
      assert.doesNotMatch(error, /\n/);
      for (const part of names) {
        assert.ok(error.includes(part), `"${part}" is missing in: ${error}`);
      }
    });
  }

  it('cost no more errors than that', () => {
    assert.equal(errors.length, Object.keys(badFiles).length, errors.join('\n'));
  });

  it('cost the good ones nothing, down to the good port and the good endpoint beside a bad one', async () => {
    const { virtualServers, boundAddresses } = await shownKernel();
    assert.deepEqual(
      virtualServers.map(({ address, realServers }) => [
        address,
        ...realServers.map((realServer) => realServer.address),
      ]),
      [
        ['10.96.0.1:80', '10.244.1.1:8080'],
        ['10.96.0.3:80'],
        ['10.96.0.4:80', '10.244.1.9:8080'],
        ['10.96.0.5:80'],
        ['10.96.0.6:80'],
        ['10.96.0.9:80', '10.244.1.2:8080'],
      ],
    );
    assert.deepEqual(
      boundAddresses,
      ['1', '3', '4', '5', '6', '9'].map((last) => `10.96.0.${last}/32`),
    );
  });

  it('leave the exit code to the kernel, which equals all that could be understood', () => {
    assert.equal(code, 0);
  });
});
