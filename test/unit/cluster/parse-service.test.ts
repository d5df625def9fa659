import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import { formatProblem } from '../../../src/base/problem.ts';
import { rawService } from '../../support/manifests.ts';

function accepted(raw: unknown): Service {
  const { value, problems } = parseService(raw);
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(value);
  return value;
}

function complaints(raw: unknown): string[] {
  return parseService(raw).problems.map(formatProblem);
}

describe('a Service', () => {
  it('is reduced to what decides its virtual servers', () => {
    const service = accepted(
      rawService(
        'web',
        {
          clusterIPs: ['10.96.0.10', 'fd00:96::10'],
          ports: [
            { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 },
            { name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns' },
          ],
          internalTrafficPolicy: 'Local',
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: 32000,
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
        },
        {
          uid: 'b4a7',
          creationTimestamp: '2026-11-22T20:01:30Z',
          annotations: { 'kube-ipvs.io/scheduler': 'lc', 'example.com/other': 'x' },
          labels: { app: 'web' },
        },
      ),
    );
    assert.deepEqual(
      { ...service, clusterIPs: service.clusterIPs.map(String) },
      {
        namespace: 'default',
        name: 'web',
        uid: 'b4a7',
        createdAt: Date.UTC(2026, 10, 22, 20, 1, 30),
        annotations: new Map([['kube-ipvs.io/scheduler', 'lc']]),
        proxyName: undefined,
        clusterIPs: ['10.96.0.10', 'fd00:96::10'],
        externalIPs: [],
        loadBalancerIPs: [],
        loadBalancerSourceRanges: undefined,
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 },
          { name: 'dns', protocol: 'UDP', port: 53, nodePort: undefined },
        ],
        internalTrafficPolicy: 'Local',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32_000,
        sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 600 },
      },
    );
  });

  it('has the defaults of Kubernetes where it says nothing', () => {
    const raw = {
      metadata: { name: 'web' },
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
    };
    const service = accepted(raw);
    assert.equal(service.namespace, 'default');
    assert.equal(service.createdAt, 0);
    assert.deepEqual(service.clusterIPs.map(String), ['10.96.0.1']);
    assert.deepEqual(service.ports, [{ name: '', protocol: 'TCP', port: 80, nodePort: undefined }]);
    assert.deepEqual(service.externalIPs, []);
    assert.deepEqual(service.loadBalancerIPs, []);
    assert.equal(service.externalTrafficPolicy, 'Cluster');
    assert.equal(service.healthCheckNodePort, undefined);
    assert.equal(service.uid, '');
    assert.equal(service.internalTrafficPolicy, 'Cluster');
    assert.deepEqual(service.sessionAffinity, { kind: 'None' });
  });

  it('with session affinity but no time has it for three hours', () => {
    const service = accepted(rawService('web', { sessionAffinity: 'ClientIP' }));
    assert.deepEqual(service.sessionAffinity, { kind: 'ClientIP', timeoutSeconds: 10_800 });
  });

  it('without a cluster IP has no addresses', () => {
    for (const spec of [
      { clusterIP: 'None', clusterIPs: ['None'] },
      { clusterIP: '', clusterIPs: [] },
      { clusterIP: undefined, clusterIPs: undefined },
      { type: 'ExternalName', externalName: 'example.com' },
    ]) {
      assert.deepEqual(accepted(rawService('web', spec)).clusterIPs, []);
    }
  });

  it('tells which other proxy serves it', () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': 'someone-else' };
    assert.equal(accepted(rawService('web', {}, { labels })).proxyName, 'someone-else');
  });

  it('loses a bad port alone', () => {
    for (const [port, complaint] of [
      [
        { name: 'bad', port: 70_000 },
        'spec.ports[1].port is 70000; must be a number from 1 to 65535',
      ],
      [{ name: 'bad', port: 0 }, 'spec.ports[1].port is 0; must be a number from 1 to 65535'],
      [{ name: 'bad', port: '81' }, 'spec.ports[1].port is "81"; must be a number from 1 to 65535'],
      [{ name: 'bad' }, 'spec.ports[1].port must be a number from 1 to 65535'],
      [
        { name: 'bad', port: 81, protocol: 'ICMP' },
        'spec.ports[1].protocol is "ICMP"; must be TCP, UDP or SCTP',
      ],
      [
        { name: 'bad', port: 80 },
        'spec.ports[1].port is 80; must not be used twice with the protocol TCP',
      ],
      [
        { name: 'good', port: 81 },
        'spec.ports[1].name is "good"; must differ from the names of the ports before',
      ],
      [80, 'spec.ports[1] is 80; must be an object'],
    ] as const) {
      const raw = rawService('web', { ports: [{ name: 'good', port: 80 }, port] });
      assert.deepEqual(complaints(raw), [`Service default/web: ${complaint}`]);
      assert.deepEqual(
        parseService(raw).value?.ports.map(({ name }) => name),
        ['good'],
      );
    }
  });

  it('may have the same port number for two protocols', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ];
    assert.equal(accepted(rawService('dns', { ports })).ports.length, 2);
  });

  it('loses a bad cluster IP alone', () => {
    for (const [bad, complaint] of [
      ['10.96.0.999', 'is "10.96.0.999"; must be an IP address, None or empty'],
      ['127.0.0.1', 'is "127.0.0.1"; must be the address of one host: it is loopback'],
      ['0.0.0.0', 'is "0.0.0.0"; must be the address of one host: it is unspecified'],
      ['224.0.0.1', 'is "224.0.0.1"; must be the address of one host: it is multicast'],
      ['10.96.0.1', 'is "10.96.0.1"; must not be listed twice'],
      [7, 'is 7; must be a string'],
    ] as const) {
      const raw = rawService('web', { clusterIPs: ['10.96.0.1', bad] });
      assert.deepEqual(complaints(raw), [`Service default/web: spec.clusterIPs[1] ${complaint}`]);
      assert.deepEqual(parseService(raw).value?.clusterIPs.map(String), ['10.96.0.1']);
    }
  });

  it('has the external IPs of its spec, in both families', () => {
    const externalIPs = ['198.51.100.20', '2001:db8::20'];
    assert.deepEqual(
      accepted(rawService('web', { externalIPs })).externalIPs.map(String),
      externalIPs,
    );
  });

  it('loses a bad external IP alone', () => {
    for (const [bad, complaint] of [
      ['example.com', 'is "example.com"; must be an IP address'],
      ['', 'is ""; must be an IP address'],
      ['127.0.0.1', 'is "127.0.0.1"; must be the address of one host: it is loopback'],
      [
        '169.254.169.254',
        'is "169.254.169.254"; must be the address of one host: it is link-local',
      ],
      ['ff02::1', 'is "ff02::1"; must be the address of one host: it is multicast'],
    ] as const) {
      const raw = rawService('web', { externalIPs: [bad, '198.51.100.20'] });
      assert.deepEqual(complaints(raw), [`Service default/web: spec.externalIPs[0] ${complaint}`]);
      assert.deepEqual(parseService(raw).value?.externalIPs.map(String), ['198.51.100.20']);
    }
  });

  it('has the IPs of its load balancer, but not the names and not those of ipMode Proxy', () => {
    const raw = {
      ...rawService('web'),
      status: {
        loadBalancer: {
          ingress: [
            { hostname: 'lb.example.com' },
            { ip: '203.0.113.10' },
            { ip: '203.0.113.11', ipMode: 'VIP' },
            { ip: '203.0.113.12', ipMode: 'Proxy' },
            { ip: '', hostname: 'lb.example.com' },
            { ip: '2001:db8::10' },
          ],
        },
      },
    };
    assert.deepEqual(accepted(raw).loadBalancerIPs.map(String), [
      '203.0.113.10',
      '203.0.113.11',
      '2001:db8::10',
    ]);
  });

  it('loses a bad IP of its load balancer alone', () => {
    const ingress = [{ ip: '0.0.0.0' }, { ip: 'x' }, { ip: '203.0.113.10' }];
    const raw = { ...rawService('web'), status: { loadBalancer: { ingress } } };
    assert.deepEqual(complaints(raw), [
      'Service default/web: status.loadBalancer.ingress[0].ip is "0.0.0.0"; must be the address of one host: it is unspecified',
      'Service default/web: status.loadBalancer.ingress[1].ip is "x"; must be an IP address',
    ]);
    assert.deepEqual(parseService(raw).value?.loadBalancerIPs.map(String), ['203.0.113.10']);
  });

  it('has no node port and no health-check node port where they are 0', () => {
    const service = accepted(
      rawService('web', { ports: [{ port: 80, nodePort: 0 }], healthCheckNodePort: 0 }),
    );
    assert.equal(service.ports[0]?.nodePort, undefined);
    assert.equal(service.healthCheckNodePort, undefined);
  });

  it('loses a port with a bad node port, and a bad health-check node port', () => {
    const raw = rawService('web', {
      ports: [{ port: 80, nodePort: 70_000 }],
      healthCheckNodePort: -1,
    });
    assert.deepEqual(complaints(raw), [
      'Service default/web: spec.ports[0].nodePort is 70000; must be a number from 0 to 65535',
      'Service default/web: spec.healthCheckNodePort is -1; must be a number from 0 to 65535',
    ]);
    assert.deepEqual(parseService(raw).value?.ports, []);
    assert.equal(parseService(raw).value?.healthCheckNodePort, undefined);
  });

  it('falls back to the default where a setting is bad', () => {
    const raw = rawService('web', {
      internalTrafficPolicy: 'Nearby',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } },
    });
    assert.deepEqual(complaints(raw), [
      'Service default/web: spec.internalTrafficPolicy is "Nearby"; must be Cluster or Local',
      'Service default/web: spec.sessionAffinityConfig.clientIP.timeoutSeconds is 86401; must be a number from 1 to 86400',
    ]);
    const { value } = parseService(raw);
    assert.equal(value?.internalTrafficPolicy, 'Cluster');
    assert.deepEqual(value.sessionAffinity, { kind: 'ClientIP', timeoutSeconds: 10_800 });
  });

  it('loses an annotation that is no string, and names it', () => {
    const annotations = { 'kube-ipvs.io/scheduler': 7, 'kube-router.io/service.scheduler': 'lc' };
    const raw = rawService('web', {}, { annotations });
    assert.deepEqual(complaints(raw), [
      'Service default/web: metadata.annotations[kube-ipvs.io/scheduler] is 7; must be a string',
    ]);
    assert.deepEqual(
      parseService(raw).value?.annotations,
      new Map([['kube-router.io/service.scheduler', 'lc']]),
    );
  });

  it('without a valid name or namespace does not count', () => {
    for (const metadata of [
      { name: undefined },
      { name: 'Web' },
      { name: 'a/b' },
      { name: 'web\n' },
      { name: 'a'.repeat(64) },
      { name: 12 },
    ]) {
      const { value, problems } = parseService(rawService('web', {}, metadata));
      assert.equal(value, undefined);
      assert.deepEqual(
        problems.map(({ object, field }) => [object, field]),
        [['Service', 'metadata.name']],
      );
    }
    const { value, problems } = parseService(rawService('web', {}, { namespace: '../x' }));
    assert.equal(value, undefined);
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['metadata.namespace'],
    );
  });

  it('tells where it came from when something is wrong', () => {
    const [problem] = parseService(
      rawService('web', { ports: 5 }),
      'web.yaml, document 2',
    ).problems;
    assert.ok(problem);
    assert.equal(
      formatProblem(problem),
      'web.yaml, document 2: Service default/web: spec.ports is 5; must be a list',
    );
  });
});
