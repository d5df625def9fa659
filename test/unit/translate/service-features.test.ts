import assert from 'node:assert/strict';
import { schedulerFlagNames } from '../../../src/kernel/ipvs/schedulers.ts';
import type { Service } from '../../../src/cluster/objects.ts';
import {
  draining,
  endpoint,
  endpointPort,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { place, placeAt } from '../../support/place.ts';
import { nodeAt, onePod, routes, translate } from '../../support/translation.ts';

const here = { nodeName: 'node-a' };

describe('a Service with several ports', () => {
  it('has DNS over UDP and TCP at one port number, with a node port each', () => {
    const ports = [
      servicePort({ name: 'dns', protocol: 'UDP', port: 53, nodePort: 30_053 }),
      servicePort({ name: 'dns-tcp', protocol: 'TCP', port: 53, nodePort: 30_053 }),
    ];
    const targets = [
      endpointPort({ name: 'dns', protocol: 'UDP', port: 5353 }),
      endpointPort({ name: 'dns-tcp', protocol: 'TCP', port: 5353 }),
    ];
    const slices = [slice([endpoint('10.244.1.1')], { ports: targets })];
    assert.deepEqual(routes(translate(service({ ports }), slices, placeAt(ip('192.0.2.10')))), [
      'UDP 10.96.0.1:53 -> 10.244.1.1:5353',
      'UDP 192.0.2.10:30053 -> 10.244.1.1:5353',
      'TCP 10.96.0.1:53 -> 10.244.1.1:5353',
      'TCP 192.0.2.10:30053 -> 10.244.1.1:5353',
    ]);
  });

  it('may have the same target for two of them', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 8000 })];
    const targets = [endpointPort({ name: 'a' }), endpointPort({ name: 'b' })];
    const slices = [slice([endpoint('10.244.1.1')], { ports: targets })];
    assert.deepEqual(routes(translate(service({ ports }), slices)), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
      'TCP 10.96.0.1:8000 -> 10.244.1.1:8080',
    ]);
  });

  it('has a node port of SCTP', () => {
    const ports = [servicePort({ protocol: 'SCTP', port: 3868, nodePort: 30_868 })];
    const slices = [
      slice([endpoint('10.244.1.1')], { ports: [endpointPort({ protocol: 'SCTP', port: 3868 })] }),
    ];
    assert.deepEqual(routes(translate(service({ ports }), slices, placeAt(ip('192.0.2.10')))), [
      'SCTP 10.96.0.1:3868 -> 10.244.1.1:3868',
      'SCTP 192.0.2.10:30868 -> 10.244.1.1:3868',
    ]);
  });
});

describe('a Service without a port or a cluster IP', () => {
  it('has no VIP bound where it lacks ports: it would lead to the node itself', () => {
    const of = service({ ports: [], externalIPs: [ip('198.51.100.20')] });
    const { virtualServers, boundAddresses } = translate(of);
    assert.deepEqual(virtualServers, []);
    assert.deepEqual(boundAddresses, []);
  });

  it('is nothing where it is headless, whatever external IPs and node ports it has', () => {
    const { virtualServers, boundAddresses, healthCheck } = translate(
      service({
        clusterIPs: [],
        externalIPs: [ip('198.51.100.20')],
        loadBalancerIPs: [ip('203.0.113.10')],
        ports: [servicePort({ nodePort: 30_080 })],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32_000,
      }),
    );
    assert.deepEqual([...virtualServers, ...boundAddresses], []);
    assert.equal(healthCheck, undefined);
  });
});

describe('external IPs and load-balancer IPs', () => {
  it('are one virtual server each port where they are the same', () => {
    const of = service({
      externalIPs: [ip('203.0.113.10')],
      loadBalancerIPs: [ip('203.0.113.10')],
    });
    assert.deepEqual(routes(translate(of)), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
      'TCP 203.0.113.10:80 -> 10.244.1.1:8080',
    ]);
  });

  it('have a virtual server and are not bound where the node has the address', () => {
    const { boundAddresses, ...translation } = translate(
      service({ externalIPs: [ip('192.0.2.10')] }),
    );
    assert.deepEqual(routes({ boundAddresses, ...translation }), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
      'TCP 192.0.2.10:80 -> 10.244.1.1:8080',
    ]);
    assert.deepEqual(boundAddresses.map(String), ['10.96.0.1']);
  });

  it('that are refused have neither a virtual server nor an address', () => {
    const of = service({ externalIPs: [ip('198.51.100.20')] });
    const translation = translate(of, onePod, nodeAt, { externalIPs: [] });
    assert.deepEqual(routes(translation), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080']);
    assert.deepEqual(translation.boundAddresses.map(String), ['10.96.0.1']);
    assert.deepEqual(
      translation.problems.map(({ reason }) => reason),
      ['ExternalIPRefused'],
    );
  });
});

describe('what a Service chooses', () => {
  const everywhere = service({
    clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')],
    ports: [
      servicePort({ nodePort: 30_080 }),
      servicePort({ name: 'b', protocol: 'UDP', port: 53, nodePort: 30_053 }),
    ],
    externalIPs: [ip('198.51.100.20')],
    loadBalancerIPs: [ip('203.0.113.10'), ip('2001:db8:2::10')],
    sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 600 },
    annotations: new Map([
      ['kube-ipvs.io/scheduler', 'sh'],
      ['kube-ipvs.io/scheduler-flags', 'sh-port'],
      ['kube-ipvs.io/drain-timeout', '30s'],
    ]),
  });

  it('counts on all of its front ends: affinity, scheduler, flags and the limit of draining', () => {
    const { virtualServers, problems } = translate(everywhere);
    assert.deepEqual(problems, []);
    assert.equal(virtualServers.length, 2 * (5 + 3));
    for (const { virtualServer, drainTimeoutMs } of virtualServers) {
      const { persistence, scheduler, schedulerFlags } = virtualServer.settings;
      assert.equal(persistence?.timeoutSeconds, 600);
      assert.equal(scheduler, 'sh');
      assert.deepEqual(schedulerFlagNames(scheduler, schedulerFlags), ['sh-port']);
      assert.equal(drainTimeoutMs, 30_000);
    }
  });

  it('is told once per mistake, however many front ends there are', () => {
    const annotations = new Map([
      ['kube-ipvs.io/scheduler', 'best'],
      ['kube-ipvs.io/scheduler-flags', 'sh-port'],
      ['kube-ipvs.io/drain-timeout', 'long'],
    ]);
    const wrong: Service = { ...everywhere, annotations };
    const slices = [slice([endpoint('127.0.0.1')])];
    const { virtualServers, problems } = translate(wrong, slices, nodeAt, { externalIPs: [] });
    assert.deepEqual(problems.map(({ reason }) => reason).toSorted(), [
      'EndpointRefused',
      'ExternalIPRefused',
      'InvalidDrainTimeout',
      'UnknownScheduler',
      'UnknownSchedulerFlag',
    ]);
    assert.ok(
      virtualServers.every(({ virtualServer }) => virtualServer.settings.scheduler === 'lc'),
    );
  });

  it('is the configured limit of draining without an annotation', () => {
    const limits = (drainTimeoutMs: number | undefined) =>
      translate(service(), onePod, nodeAt, { drainTimeoutMs }).virtualServers.map(
        (row) => row.drainTimeoutMs,
      );
    assert.deepEqual(limits(undefined), [undefined]);
    assert.deepEqual(limits(0), [0]);
  });

  it('is mh with the flag mh-port where the configuration says mh and the Service nothing', () => {
    const [row] = translate(service(), onePod, nodeAt, { scheduler: 'mh' }).virtualServers;
    assert.equal(row?.virtualServer.settings.scheduler, 'mh');
    const { schedulerFlags } = row.virtualServer.settings;
    assert.deepEqual(schedulerFlagNames('mh', schedulerFlags), ['mh-port']);
  });
});

describe('an endpoint that is refused', () => {
  const slices = [slice([endpoint('10.244.1.1'), endpoint('127.0.0.1'), endpoint('10.96.0.9')])];
  const at = place({ isVip: ({ text }) => text === '10.96.0.9' });

  it('gets no traffic, and the others get theirs', () => {
    const translation = translate(service(), slices, at);
    assert.deepEqual(routes(translation), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080']);
    assert.deepEqual(
      translation.problems.map(({ reason, value }) => [reason, value]),
      [['EndpointRefused', ['127.0.0.1 (loopback)', '10.96.0.9 (a VIP)']]],
    );
  });

  it('is nothing to fall back from: terminating endpoints take over where it is the only ready one', () => {
    const onlyDraining = [slice([endpoint('127.0.0.1'), endpoint('10.244.1.1', draining)])];
    assert.deepEqual(routes(translate(service(), onlyDraining, at)), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
    ]);
  });

  it('is told once, though several ports have it', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 81 })];
    const targets = [endpointPort({ name: 'a' }), endpointPort({ name: 'b', port: 9090 })];
    const loop = [slice([endpoint('127.0.0.1')], { ports: targets })];
    assert.equal(translate(service({ ports }), loop, at).problems.length, 1);
  });

  it('is not told of where no port of the Service has it', () => {
    const other = [slice([endpoint('127.0.0.1')], { ports: [endpointPort({ name: 'other' })] })];
    assert.deepEqual(translate(service(), other, at).problems, []);
  });
});

describe('the health check of a Service', () => {
  const local: Partial<Service> = { externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 };
  const check = (of: Partial<Service>, ...slices: Parameters<typeof translate>[1] & object) =>
    translate(service({ ...local, ...of }), slices).healthCheck;

  it('has the port, and the number of ready endpoints of this node', () => {
    const endpoints = [
      endpoint('10.244.1.1'),
      endpoint('10.244.2.1', here),
      endpoint('10.244.2.2', here),
      endpoint('10.244.2.3', { ...here, ...notReady }),
      endpoint('10.244.2.4', { ...here, ...draining }),
    ];
    assert.deepEqual(check({}, slice(endpoints)), { nodePort: 32_000, localEndpoints: 2 });
  });

  it('counts 0 where this node has none, though terminating or other ones get the traffic', () => {
    const endpoints = [endpoint('10.244.1.1'), endpoint('10.244.2.1', { ...here, ...draining })];
    assert.deepEqual(check({}, slice(endpoints)), { nodePort: 32_000, localEndpoints: 0 });
    assert.deepEqual(check({}), { nodePort: 32_000, localEndpoints: 0 });
  });

  it('counts a Pod once, whatever ports and families it has', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 81 })];
    const clusterIPs = [ip('10.96.0.1'), ip('fd00:96::1')];
    const targets = [endpointPort({ name: 'a' }), endpointPort({ name: 'b', port: 9090 })];
    const slices = [
      slice([endpoint('10.244.2.1', here)], { ports: targets }),
      slice([endpoint('fd00:244:2::1', here)], { name: 'web-2', ports: targets }),
    ];
    assert.equal(check({ ports, clusterIPs }, ...slices)?.localEndpoints, 1);
  });

  it('counts Pods that only one of the ports has', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 81 })];
    const slices = [
      slice([endpoint('10.244.2.1', here)], { ports: [endpointPort({ name: 'a' })] }),
      slice([endpoint('10.244.2.2', here)], {
        name: 'web-2',
        ports: [endpointPort({ name: 'b' })],
      }),
    ];
    assert.equal(check({ ports }, ...slices)?.localEndpoints, 2);
  });

  it('does not count endpoints that are refused', () => {
    assert.equal(check({}, slice([endpoint('127.0.0.1', here)]))?.localEndpoints, 0);
  });

  it('is none without the port, or with policy Cluster', () => {
    assert.equal(check({ healthCheckNodePort: undefined }), undefined);
    assert.equal(check({ externalTrafficPolicy: 'Cluster' }), undefined);
  });
});
