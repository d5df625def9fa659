import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { formatPortRange } from '../../../src/net/port-range.ts';
import { ip, service, servicePort } from '../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

const shared = '203.0.113.1';

function withRanges(
  name: string,
  ranges: string,
  createdAt: number,
  fields: Partial<Service> = {},
): Service {
  return service({
    name,
    createdAt,
    clusterIPs: [ip(`10.96.0.${createdAt}`)],
    externalIPs: [ip(shared)],
    ports: [servicePort({ port: 100 + createdAt })],
    annotations: new Map([
      ['kube-ipvs.io/port-ranges', ranges],
      ['kube-ipvs.io/port-ranges-on', 'external'],
    ]),
    ...fields,
  });
}

/** `UDP 10-20 mark 1` */
function held(world: TranslatorWorld): readonly string[] {
  return world.tables.desired
    .portRangesAt(ip(shared))
    .map(({ protocol, mark, ...ports }) => `${protocol} ${formatPortRange(ports)} mark ${mark}`);
}

describe('port ranges that several Services claim at one address', () => {
  let world: TranslatorWorld;

  function put(...services: readonly Service[]): void {
    for (const one of services) {
      world.store.setService(one);
    }
    world.translate();
  }

  beforeEach(() => {
    world = new TranslatorWorld();
  });

  it('are those of the older one where they overlap, whichever came first', () => {
    put(withRanges('young', '15-30/UDP, 15/TCP', 2));
    assert.deepEqual(held(world), ['TCP 15 mark 1', 'UDP 15-30 mark 1']);
    put(withRanges('old', '10-20/UDP', 1));
    assert.deepEqual(held(world), ['TCP 15 mark 1', 'UDP 10-20 mark 2', 'UDP 21-30 mark 1']);
    assert.deepEqual(world.problems, [
      `PortRangeConflict Service default/young: port range is "15-20/UDP at ${shared}"; already owned by Service default/old (older); taken over when that one is deleted or has them no longer`,
    ]);
  });

  it('go over to the younger one when the older one is gone', () => {
    put(withRanges('old', '10-20/UDP', 1), withRanges('young', '15-30/UDP', 2));
    world.store.deleteService('default/old');
    world.translate();
    assert.deepEqual(held(world), ['UDP 15-30 mark 2']);
    assert.deepEqual([...world.translator.problems()], []);
  });

  it('leave a port that has a virtual server of its own to that, whosever it is', () => {
    put(withRanges('calls', '10-20/UDP', 1));
    put(
      service({
        name: 'dns',
        createdAt: 2,
        clusterIPs: [ip('10.96.0.2')],
        externalIPs: [ip(shared)],
        ports: [servicePort({ protocol: 'UDP', port: 15 }), servicePort({ port: 16 })],
      }),
    );
    assert.deepEqual(held(world), ['UDP 10-14 mark 1', 'UDP 16-20 mark 1']);
    world.store.deleteService('default/dns');
    world.translate();
    assert.deepEqual(held(world), ['UDP 10-20 mark 1']);
  });

  it('are not touched by a change of endpoints, and no port is looked up then', () => {
    put(withRanges('calls', '10-20/UDP', 1));
    world.tables.forget();
    put(withRanges('calls', '10-20/UDP', 1, { uid: 'another object, the same ranges' }));
    assert.deepEqual(world.tables.members.told, []);
  });

  it("are nobody's when the annotation is gone", () => {
    put(withRanges('calls', '10-20/UDP', 1));
    put(withRanges('calls', '10-20/UDP', 1, { annotations: new Map() }));
    assert.deepEqual(held(world), []);
    assert.equal(world.realServersOf('fwmark 1 (IPv4)'), undefined);
  });
});
