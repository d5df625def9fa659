import assert from 'node:assert/strict';
import { explainedService, outcome, textsOf, web, worldOf } from '../../../support/explained.ts';
import { rawService, rawSlice } from '../../../support/manifests.ts';

const both = '10.244.1.7:8080 10.244.2.3:8080';

describe('what is explained of a Service', () => {
  it('is what becomes of packets to each front end, by who sends them', () => {
    const { frontEnds } = explainedService(
      worldOf(web({ externalTrafficPolicy: 'Local' })),
      'default/web',
    );
    assert.deepEqual(
      frontEnds.map(({ virtualServer, kind, from }) => [
        virtualServer,
        kind,
        ...Object.entries(from).map(([sender, each]) => `${sender}: ${outcome(each)}`),
      ]),
      [
        [
          'TCP 10.96.0.10:80',
          'cluster IP',
          `a Pod: forwarded to ${both}, source client`,
          `a process of this node: forwarded to ${both}, source node`,
          `a host outside the cluster: forwarded to ${both}, source node`,
        ],
        ...[
          ['TCP 198.51.100.7:80', 'external IP'],
          ['TCP 203.0.113.80:80', 'load-balancer IP'],
          ['TCP 192.0.2.10:30080', 'node port'],
          ['TCP 10.244.1.1:30080', 'node port'],
        ].map((names) => [
          ...names,
          'a Pod: forwarded to 10.244.1.7:8080, source client',
          'a process of this node: forwarded to 10.244.1.7:8080, source node',
          'a host outside the cluster: forwarded to 10.244.1.7:8080, source client',
        ]),
      ],
    );
  });

  it('is, as a whole, what becomes of a Pod that connects to its first front end', () => {
    const explanation = explainedService(worldOf(web()), 'default/web');
    assert.equal(outcome(explanation), `forwarded to ${both}, source client`);
    assert.equal(explanation.virtualServer, 'TCP 10.96.0.10:80');
  });

  it('is each decision with the object and field that it came from, endpoints with their port', () => {
    const { steps } = explainedService(worldOf(web()), 'default/web');
    for (const step of [
      { text: 'Service default/web: served', object: 'Service default/web', field: 'spec' },
      {
        text: 'external IP 198.51.100.7: bound on kube-ipvs0',
        object: 'Service default/web',
        field: 'spec.externalIPs',
      },
      {
        text: 'TCP 192.0.2.10:30080 (node port): served',
        object: 'Service default/web',
        field: 'spec.ports[].nodePort',
      },
      {
        text: 'port http (TCP 80), external traffic: 10.244.2.3:8080 of EndpointSlice web-1: used: ready',
        object: 'EndpointSlice default/web-1',
        field: 'endpoints[].conditions',
      },
    ]) {
      assert.ok(
        steps.some((each) => JSON.stringify(each) === JSON.stringify(step)),
        `${step.text}\nis not in\n${JSON.stringify(steps, undefined, 1)}`,
      );
    }
  });

  it('says nothing twice', () => {
    const texts = textsOf(explainedService(worldOf(web()), 'default/web'));
    assert.equal(new Set(texts).size, texts.length);
  });

  it('has each Service translated once, however many front ends it has', () => {
    const world = worldOf(web());
    let translated = 0;
    const { translator } = world;
    const counting = {
      nodeFacts: translator.nodeFacts,
      decisionsOf: (key: string) => {
        translated += 1;
        return translator.decisionsOf(key);
      },
    };
    explainedService({ ...world, translator: counting }, 'default/web');
    assert.equal(translated, 1);
  });

  it('is of one port alone where that was asked for', () => {
    const ports = [
      { name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 },
      { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30_053 },
    ];
    const slice = { ports: [{ name: 'dns', protocol: 'UDP', port: 5353 }] };
    const { frontEnds, steps } = explainedService(worldOf(web({ ports }, slice)), 'web:dns');
    assert.ok(frontEnds.length > 0);
    assert.ok(frontEnds.every(({ virtualServer }) => virtualServer.startsWith('UDP')));
    assert.ok(steps.every(({ text }) => !text.includes('TCP')));
  });

  it('is why it becomes nothing', () => {
    const headless = rawService('web', { clusterIP: 'None', clusterIPs: ['None'] });
    const explanation = explainedService(worldOf([headless]), 'default/web');
    assert.equal(outcome(explanation), 'not-ours');
    assert.deepEqual(explanation.frontEnds, []);
    assert.deepEqual(textsOf(explanation), [
      'Service default/web: not served: it is headless, clients connect to its Pods themselves',
    ]);
  });

  it('is who has its front end, where an older Service claims that too', () => {
    const claim = (name: string, clusterIP: string, creationTimestamp: string) => [
      rawService(
        name,
        { clusterIP, clusterIPs: [clusterIP], externalIPs: ['198.51.100.7'] },
        { creationTimestamp },
      ),
      rawSlice(`${name}-1`, name),
    ];
    const world = worldOf([
      ...claim('old', '10.96.0.1', '2020-01-01T00:00:00Z'),
      ...claim('young', '10.96.0.2', '2021-01-01T00:00:00Z'),
    ]);
    const explanation = explainedService(world, 'default/young');
    const shared = explanation.frontEnds.find(({ kind }) => kind === 'external IP');
    assert.equal(shared?.from['a Pod']?.service, 'default/old');
    assert.ok(
      textsOf(explanation).includes(
        'TCP 198.51.100.7:80 (external IP): owned by Service default/old (older); taken over when that one is deleted',
      ),
    );
  });
});
