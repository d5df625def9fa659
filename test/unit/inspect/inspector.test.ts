import assert from 'node:assert/strict';
import { queryText, readQuery } from '../../../src/inspect/query-text.ts';
import {
  everything,
  parseAddressFilter,
  type ServiceFilter,
} from '../../../src/inspect/service-query.ts';
import { endpoint, ip, service, servicePort, slice } from '../../support/cluster-objects.ts';
import { plainSettings, virtualServer } from '../../support/ipvs-examples.ts';
import { ShownWorld } from '../../support/shown.ts';

/** Services a to e in two namespaces, at 10.96.0.1 to 10.96.0.5, each with one endpoint. */
function worldOfFive(): ShownWorld {
  const world = new ShownWorld();
  ['a', 'b', 'c', 'd', 'e'].forEach((name, index) => {
    const namespace = index < 3 ? 'default' : 'prod';
    const [vip, pod] = [ip(`10.96.0.${index + 1}`), `10.244.0.${index + 1}`];
    world.store.setService(
      service({
        namespace,
        name,
        clusterIPs: [vip],
        ports: [servicePort({ nodePort: 30001 + index })],
        annotations: new Map(name === 'd' ? [['kube-ipvs.io/scheduler', 'best']] : []),
      }),
    );
    world.store.setSlice(
      slice([endpoint(pod)], { namespace, name: `${name}-1`, serviceName: name }),
    );
  });
  world.programAll();
  return world;
}

async function keysOf(world: ShownWorld, filter: Partial<ServiceFilter>): Promise<string[]> {
  const { services } = await world.inspector.services(
    { ...everything, ...filter },
    { offset: 0, limit: 100 },
  );
  return services.map(({ key }) => key);
}

describe('the inspector', () => {
  describe('finds Services', () => {
    const found: readonly (readonly [string, Partial<ServiceFilter>, readonly string[]])[] = [
      ['all, by name', {}, ['default/a', 'default/b', 'default/c', 'prod/d', 'prod/e']],
      ['of a namespace', { namespace: 'prod' }, ['prod/d', 'prod/e']],
      ['by name', { service: 'default/b' }, ['default/b']],
      ['by a name that is not there', { service: 'default/z' }, []],
      ['with problems', { problems: true }, ['prod/d']],
      ['by words', { search: ['prod', 'e'] }, ['prod/e']],
      ['by the beginning of an address', { search: ['10.96.0.3'] }, ['default/c']],
      ['by the address of an endpoint', { search: ['10.244.0.2'] }, ['default/b']],
      ['at a VIP', { address: parseAddressFilter('10.96.0.1') }, ['default/a']],
      ['at a VIP and port', { address: parseAddressFilter('10.96.0.1:80') }, ['default/a']],
      ['at a VIP and no such port', { address: parseAddressFilter('10.96.0.1:81') }, []],
      ['at an endpoint', { address: parseAddressFilter('10.244.0.4') }, ['prod/d']],
      ['at a node port', { address: parseAddressFilter('192.0.2.1:30005') }, ['prod/e']],
    ];
    for (const [how, filter, keys] of found) {
      it(how, async () => {
        const world = worldOfFive();
        world.translator.nodeAddressesChanged([ip('192.0.2.1')]);
        world.translate();
        assert.deepEqual(await keysOf(world, filter), keys);
      });
    }
  });

  it('gives pages, and reads from the kernel what is on them alone', async () => {
    const world = worldOfFive();
    const page = await world.inspector.services(everything, { offset: 1, limit: 2 });
    assert.deepEqual(
      [page.total, page.offset, page.services.map(({ key }) => key)],
      [5, 1, ['default/b', 'default/c']],
    );
    assert.deepEqual(world.reads, [2]);
  });

  it('gives the page around a key, whether that is there or not', async () => {
    const world = worldOfFive();
    const around = async (key: string) => {
      const from = { key, before: 1 };
      const page = await world.inspector.services(everything, { offset: 0, limit: 3, from });
      return page.services.map((each) => each.key);
    };
    assert.deepEqual(await around('default/c'), ['default/b', 'default/c', 'prod/d']);
    assert.deepEqual(await around('default/bb'), ['default/b', 'default/c', 'prod/d']);
    assert.deepEqual(await around('a'), ['default/a', 'default/b', 'default/c']);
  });

  it('follows Services that come and go', async () => {
    const world = worldOfFive();
    await keysOf(world, {});
    world.store.deleteService('default/b');
    world.store.setService(service({ name: 'bb' }));
    world.store.setService(service({ name: 'bb', createdAt: 1 }));
    world.translate();
    assert.deepEqual(await keysOf(world, { namespace: 'default' }), [
      'default/a',
      'default/bb',
      'default/c',
    ]);
  });

  it('tells problems: what the kernel refuses first, with the Service that it belongs to', () => {
    const world = worldOfFive();
    world.failures.push({
      kind: 'virtual server',
      key: 'TCP 10.96.0.2:80',
      error: new Error('no'),
      forMs: 1000,
    });
    world.hold({ id: virtualServer('10.96.0.1', 81), settings: plainSettings, realServers: [] });
    const { total, problems } = world.inspector.problems(everything, { offset: 0, limit: 10 });
    assert.equal(total, 3);
    assert.deepEqual(
      problems.map(({ reason, service: about, since }) => [reason, about, since]),
      [
        ['KernelRefused', 'default/b', '2026-03-01T11:59:59.000Z'],
        ['ForeignAtVip', 'default/a', null],
        ['UnknownScheduler', 'prod/d', null],
      ],
    );
    const ofB = { ...everything, service: 'default/b' };
    assert.equal(world.inspector.problems(ofB, { offset: 0, limit: 10 }).total, 1);
    assert.equal(world.inspector.problems(everything, { offset: 1, limit: 1 }).problems.length, 1);
  });

  it('tells problems of the node with any filter, but for one Service', () => {
    const world = worldOfFive();
    world.failures.push({
      kind: 'foundation',
      key: 'masquerade IPv4',
      error: new Error('no'),
      forMs: 1,
    });
    const reasons = (filter: Partial<ServiceFilter>) =>
      world.inspector
        .problems({ ...everything, ...filter }, { offset: 0, limit: 10 })
        .problems.map(({ reason }) => reason);
    assert.deepEqual(reasons({ namespace: 'default' }), ['KernelIncomplete']);
    assert.deepEqual(reasons({ search: ['prod'] }), ['KernelIncomplete', 'UnknownScheduler']);
    assert.deepEqual(reasons({ service: 'default/a' }), []);
  });

  it('gives the last page of a list that has become shorter', () => {
    const { problems, offset, total } = worldOfFive().inspector.problems(everything, {
      offset: 10,
      limit: 10,
    });
    assert.deepEqual([problems.length, offset, total], [1, 0, 1]);
  });

  it('lists virtual servers that no Service wants, where no Services are asked for', async () => {
    const world = worldOfFive();
    world.hold({ id: virtualServer('10.9.9.9', 81), settings: plainSettings, realServers: [] });
    const strays = async (filter: Partial<ServiceFilter>) => {
      const request = { offset: 0, limit: 10 };
      const page = await world.inspector.strays({ ...everything, ...filter }, request);
      return page.virtualServers.map(({ key }) => key);
    };
    assert.deepEqual(await strays({}), ['TCP 10.9.9.9:81']);
    assert.deepEqual(await strays({ address: parseAddressFilter('10.9.9.9') }), [
      'TCP 10.9.9.9:81',
    ]);
    assert.deepEqual(await strays({ address: parseAddressFilter('10.9.9.9:80') }), []);
    assert.deepEqual(await strays({ namespace: 'default' }), []);
    assert.deepEqual(await strays({ problems: true }), []);
  });

  it('sums the node up', () => {
    const { node, services, virtualServers, strays, problems } = worldOfFive().inspector.summary();
    assert.deepEqual(
      { node, services, virtualServers, strays, problems },
      { node: 'node-a', services: 5, virtualServers: 5, strays: 0, problems: 1 },
    );
  });
});

describe('a query', () => {
  it('comes through the text of a URL', () => {
    const filter: ServiceFilter = {
      namespace: 'prod',
      service: 'prod/web',
      address: parseAddressFilter('[fd00::1]:80'),
      problems: true,
      search: ['a', '10.9'],
    };
    const request = { offset: 0, limit: 20, from: { key: 'prod/web ', before: 3 } };
    const read = readQuery(new URLSearchParams(queryText(filter, request)));
    assert.deepEqual(read, { filter, request });
  });

  it('is everything, a page of 50, where it says nothing', () => {
    assert.deepEqual(readQuery(new URLSearchParams()), {
      filter: everything,
      request: { offset: 0, limit: 50 },
    });
  });

  it('is bounded in what it asks for', () => {
    const query = new URLSearchParams({ limit: '100000', q: 'x '.repeat(1000) });
    const read = readQuery(query);
    assert.ok('request' in read);
    assert.deepEqual([read.request.limit, read.filter.search.length], [200, 8]);
  });

  for (const wrong of ['address=web', 'offset=-1', 'limit=ten', 'before=1e9', 'offset=0x10']) {
    it(`is refused: ${wrong}`, () => {
      assert.ok('mistake' in readQuery(new URLSearchParams(wrong)));
    });
  }
});
