import assert from 'node:assert/strict';
import { IpvsError } from '../../../../src/kernel/ipvs/ipvs-error.ts';
import type { RealServer } from '../../../../src/kernel/ipvs/model.ts';
import { NetlinkError } from '../../../../src/kernel/netlink/netlink-error.ts';
import {
  cidr,
  draining,
  endpoint,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../../support/cluster-objects.ts';
import { InspectWorld } from '../../../support/inspect-world.ts';
import { translatorOptions } from '../../../support/translator-world.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const web = 'TCP 10.96.0.1:80';

/** `default/web` with these endpoints. */
function worldOf(...endpoints: Parameters<typeof endpoint>[]): InspectWorld {
  const world = new InspectWorld();
  world.store.setService(service());
  world.store.setSlice(slice(endpoints.map((each) => endpoint(...each))));
  return world;
}

function refusal(operation: IpvsError['operation'], code: string, forMs?: number) {
  const error = new IpvsError(operation, new NetlinkError(code, `${code}: the kernel says no`));
  return { error, forMs };
}

describe('the view of a Service', () => {
  it('says why a real server has its weight, and how many connections it may have', () => {
    const world = new InspectWorld();
    const annotations = new Map([
      ['kube-ipvs.io/scheduler', 'wrr'],
      ['kube-ipvs.io/locality-weights', 'same-node=10'],
      ['kube-ipvs.io/max-connections', '201'],
    ]);
    world.store.setService(service({ annotations }));
    world.store.setSlice(
      slice([endpoint('10.244.1.1', { nodeName: 'node-a' }), endpoint('10.244.1.2')]),
    );
    world.programAll();
    assert.deepEqual(
      world
        .view()
        .virtualServers[0]?.realServers.map(({ weight, weightBecause, limits }) => [
          weight,
          weightBecause,
          limits,
        ]),
      [
        [10, 'by locality same-node', { upper: 201, lower: 151 }],
        [1, 'by locality other', { upper: 201, lower: 151 }],
      ],
    );
  });

  it('takes less than the whole weight for a slow start, where there is one', () => {
    const world = new InspectWorld();
    const annotations = new Map([
      ['kube-ipvs.io/scheduler', 'wrr'],
      ['kube-ipvs.io/slow-start', '30s'],
    ]);
    world.store.setService(service({ annotations }));
    world.store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
    world.programAll();
    const { held } = world;
    const whole = held.get(web);
    assert.ok(whole);
    held.set(web, {
      ...whole,
      realServers: whole.realServers.map((each, index) => ({
        ...each,
        realServer: { ...each.realServer, weight: index === 0 ? 10 : 3 },
      })),
    });
    assert.deepEqual(
      world
        .view()
        .virtualServers[0]?.realServers.map(({ state, weightBecause }) => [state, weightBecause]),
      [
        [{ kind: 'active', why: null }, 'every endpoint has the same'],
        [{ kind: 'active', why: 'slow start: weight 3 of 10' }, 'slow start'],
      ],
    );
  });

  it('names what is behind each of its front ends: Pod, node, zone, weight', () => {
    const world = worldOf(['10.244.1.1', { podName: 'web-abcde', nodeName: 'node-a', zone: 'z1' }]);
    world.programAll(3, 12);
    const [view] = world.view().virtualServers;
    assert.deepEqual(
      [view?.key, view?.frontEnd, view?.state],
      [web, 'cluster IP', { kind: 'in place' }],
    );
    assert.deepEqual(view?.realServers, [
      {
        address: '10.244.1.1:8080',
        pod: 'web-abcde',
        node: 'node-a',
        zone: 'z1',
        here: true,
        method: 'masq',
        weight: 1,
        weightBecause: 'every endpoint has the same',
        limits: null,
        state: { kind: 'active', why: null },
        connections: { active: 3, inactive: 12, persistent: null },
        counters: null,
      },
    ]);
  });

  it('names the port of each virtual server, node ports too', () => {
    const world = worldOf(['10.244.1.1']);
    const http = servicePort({ name: 'http', nodePort: 30080 });
    world.store.setService(service({ ports: [http, servicePort({ name: 'https', port: 443 })] }));
    world.translator.nodeAddressesChanged([ip('192.0.2.1')]);
    world.programAll();
    assert.deepEqual(
      world
        .view()
        .virtualServers.map(({ key, frontEnd, servicePort: port }) => [key, frontEnd, port?.name]),
      [
        ['TCP 10.96.0.1:80', 'cluster IP', 'http'],
        ['TCP 192.0.2.1:30080', 'node port', 'http'],
        ['TCP 10.96.0.1:443', 'cluster IP', 'https'],
      ],
    );
  });

  describe('says the state of a real server', () => {
    const stateAt = (world: InspectWorld, address: string) =>
      world.view().virtualServers[0]?.realServers.find((each) => each.address === address)?.state;

    it('draining, since when, and until when at most', () => {
      const world = worldOf(['10.244.1.1'], ['10.244.1.2', draining]);
      world.store.setService(
        service({ annotations: new Map([['kube-ipvs.io/drain-timeout', '5m']]) }),
      );
      world.programAll();
      world.holdRealServers(web, realServer('10.244.1.1'), realServer('10.244.1.2', { weight: 0 }));
      world.drainingForMs.set(`${web} 10.244.1.2:8080`, 60_000);
      assert.deepEqual(stateAt(world, '10.244.1.2:8080'), {
        kind: 'draining',
        why: 'drains: its connections go on, and new ones go elsewhere',
        since: '2026-03-01T11:59:00.000Z',
        until: '2026-03-01T12:04:00.000Z',
      });
    });

    it('draining, and not since when, where nobody knows', () => {
      const world = worldOf(['10.244.1.1']);
      world.programAll();
      world.holdRealServers(web, realServer('10.244.1.1'), realServer('10.244.1.9', { weight: 0 }));
      const state = stateAt(world, '10.244.1.9:8080');
      assert.deepEqual(
        [state?.kind, state?.kind === 'draining' && state.since],
        ['draining', null],
      );
    });

    it('missing in the kernel', () => {
      const world = worldOf(['10.244.1.1'], ['10.244.1.2']);
      world.programAll();
      world.holdRealServers(web, realServer('10.244.1.1'));
      assert.equal(stateAt(world, '10.244.1.2:8080')?.kind, 'missing');
    });

    it('refused by the kernel, why, and since when', () => {
      const world = worldOf(['10.244.1.1'], ['10.244.1.2']);
      world.programAll();
      world.holdRealServers(web, realServer('10.244.1.1'));
      const operation = {
        kind: 'add real server',
        id: virtualServer('10.96.0.1'),
        realServer: realServer('10.244.1.2'),
      } as const;
      world.refusals.set(web, refusal(operation, 'EINVAL', 1000));
      const state = stateAt(world, '10.244.1.2:8080');
      assert.equal(state?.kind, 'refused');
      assert.match(state.why, /^add real server 10\.244\.1\.2:8080 to TCP 10\.96\.0\.1:80: EINVAL/);
      assert.equal(state.since, '2026-03-01T11:59:59.000Z');
      assert.equal(stateAt(world, '10.244.1.1:8080')?.kind, 'active');
      assert.deepEqual(world.view().virtualServers[0]?.state, { kind: 'in place' });
    });

    it('held otherwise than it should be', () => {
      const world = worldOf(['10.244.1.1']);
      world.programAll();
      world.holdRealServers(web, realServer('10.244.1.1', { weight: 7 }));
      assert.deepEqual(stateAt(world, '10.244.1.1:8080'), {
        kind: 'differs',
        why: 'weight 7 instead of 1',
      });
    });

    it('no longer wanted, before it drains', () => {
      const world = worldOf(['10.244.1.1']);
      world.programAll();
      const limited: Partial<RealServer> = { upperThreshold: 100, lowerThreshold: 75 };
      world.holdRealServers(web, realServer('10.244.1.1'), realServer('10.244.1.9', limited));
      assert.equal(stateAt(world, '10.244.1.9:8080')?.kind, 'unwanted');
      assert.deepEqual(world.view().virtualServers[0]?.realServers[1]?.limits, {
        upper: 100,
        lower: 75,
      });
    });

    it('active, though it terminates, where none is ready', () => {
      const world = worldOf(['10.244.1.1', draining]);
      world.programAll();
      assert.deepEqual(stateAt(world, '10.244.1.1:8080'), {
        kind: 'active',
        why: 'terminating and none is ready',
      });
    });
  });

  it('says of endpoints that get no traffic why not', () => {
    const world = worldOf(['10.244.1.1'], ['10.244.1.2', { ...notReady, podName: 'web-b' }]);
    world.programAll();
    assert.deepEqual(
      world
        .view()
        .virtualServers[0]?.unusedEndpoints.map(({ address, pod, kind, why }) => [
          address,
          pod,
          kind,
          why,
        ]),
      [['10.244.1.2:8080', 'web-b', 'not ready', 'not used: not ready']],
    );
  });

  describe('says the state of a virtual server', () => {
    const stateOf = (world: InspectWorld) => world.view().virtualServers[0]?.state;

    it('missing in the kernel', () => {
      const world = worldOf(['10.244.1.1']);
      world.translate();
      assert.equal(stateOf(world)?.kind, 'missing');
    });

    it('refused by the kernel, why, and what to do', () => {
      const world = worldOf(['10.244.1.1']);
      world.translate();
      const id = virtualServer('10.96.0.1');
      const operation = { kind: 'add virtual server', id, settings: plainSettings } as const;
      world.refusals.set(web, refusal(operation, 'EPERM', 5000));
      const { virtualServers, problems } = world.view();
      assert.deepEqual(virtualServers[0]?.state.kind, 'refused');
      assert.deepEqual(
        problems.map(({ object, service: about, since }) => [object, about, since]),
        [['virtual server TCP 10.96.0.1:80', 'default/web', '2026-03-01T11:59:55.000Z']],
      );
      assert.match(problems[0]?.advice ?? '', /NET_ADMIN/);
    });

    it('in place, and nothing behind it', () => {
      const world = worldOf();
      world.programAll();
      assert.equal(stateOf(world)?.kind, 'no real servers');
    });

    it('held otherwise than it should be', () => {
      const world = worldOf(['10.244.1.1']);
      world.programAll();
      const held = world.held.get(web)!;
      world.hold({ ...held, settings: { ...held.settings, scheduler: 'wlc' } });
      assert.deepEqual(stateOf(world), {
        kind: 'differs',
        why: 'scheduler wlc instead of scheduler rr',
      });
    });

    it('claimed by an older Service, whose real servers are not its own', () => {
      const world = worldOf(['10.244.1.1']);
      world.store.setService(service({ createdAt: 1 }));
      world.store.setService(service({ name: 'late', createdAt: 2 }));
      world.programAll();
      const { virtualServers, problems } = world.view('default/late');
      const [view] = virtualServers;
      assert.deepEqual(
        [view?.state.kind, view?.state.kind === 'claimed' && view.state.by, view?.realServers],
        ['claimed', 'default/web', []],
      );
      assert.equal(view?.counters, null);
      assert.deepEqual(
        problems.map(({ reason }) => reason),
        ['AddressConflict'],
      );
      assert.deepEqual(world.view().problems, []);
    });
  });

  it('says which addresses it does not get here', () => {
    const world = worldOf();
    const { translation } = translatorOptions;
    world.translator.setTranslation({ ...translation, protectedRanges: [cidr('192.0.2.0/24')] });
    world.store.setService(service({ externalIPs: [ip('192.0.2.7')] }));
    world.translate();
    const { refusals, problems } = world.view();
    assert.match(refusals[0] ?? '', /^external IP 192\.0\.2\.7: refused: /);
    assert.equal(problems[0]?.reason, 'ExternalIPRefused');
  });

  it('says why it is not served at all', () => {
    const world = worldOf();
    world.store.setService(service({ clusterIPs: [] }));
    world.translate();
    assert.match(world.view().notServed ?? '', /headless/);
  });
});
