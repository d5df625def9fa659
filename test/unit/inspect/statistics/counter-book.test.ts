import assert from 'node:assert/strict';
import { CounterBook } from '../../../../src/inspect/statistics/counter-book.ts';
import { noStatistics } from '../../../../src/kernel/ipvs/statistics-sums.ts';
import type { Statistics } from '../../../../src/kernel/ipvs/model.ts';
import { realServer } from '../../../support/ipvs-examples.ts';

const web = 'TCP 10.96.0.1:80';
const webOutside = 'TCP 203.0.113.1:80';
const dns = 'UDP 10.96.0.10:53';
const services = new Map([
  [web, 'default/web'],
  [webOutside, 'default/web'],
  [dns, 'kube-system/dns'],
]);

/** A connection of two packets and 100 bytes each way, so many times. */
function times(connections: number): Statistics {
  return {
    connections,
    packetsIn: 2 * connections,
    packetsOut: 2 * connections,
    bytesIn: 100 * connections,
    bytesOut: 100 * connections,
  };
}

type Shown = Readonly<Record<string, number>>;

/** A book with what the kernel shows from reading to reading, a second after the other. */
class World {
  readonly owners = new Map(services);
  readonly book: CounterBook;
  #nowMs = 0;

  constructor(tallies = 100) {
    this.book = new CounterBook((key) => this.owners.get(key), { tallies });
  }

  /** Connections by virtual server, and by real server behind `web`. */
  async read(virtualServers: Shown, realServers: Shown = {}): Promise<void> {
    this.readPartly(virtualServers, realServers);
    await this.book.end();
  }

  readPartly(virtualServers: Shown, realServers: Shown = {}): void {
    this.#nowMs += 1000;
    const visitor = this.book.begin(this.#nowMs);
    for (const [key, connections] of Object.entries(virtualServers)) {
      visitor.virtualServer(key, times(connections));
      visitor.connections(key, { active: connections, inactive: 1 });
    }
    for (const [address, connections] of Object.entries(realServers)) {
      visitor.realServer(web, {
        realServer: realServer(address),
        connections: { active: connections, inactive: 0, persistent: 0 },
        statistics: times(connections),
      });
    }
  }

  /** Connections by Service. */
  get services(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      Array.from(this.book.services.entries(), ([key, { connections }]) => [key, connections]),
    );
  }

  /** Connections by real server of `default/web`. */
  get realServers(): Readonly<Record<string, number>> {
    const [[, tally] = []] = this.book.services.entries();
    return Object.fromEntries(
      Array.from(tally?.realServers.entries() ?? [], ([key, { connections }]) => [
        key,
        connections,
      ]),
    );
  }
}

describe('the counters of a virtual server', () => {
  it('are as the kernel shows them, with rates once there are two readings', async () => {
    const world = new World();
    await world.read({ [web]: 10 });
    assert.deepEqual(world.book.virtualServer(web)?.totals, times(10));
    assert.equal(world.book.virtualServer(web)?.perSecond, undefined);
    await world.read({ [web]: 14 });
    assert.deepEqual(world.book.virtualServer(web)?.totals, times(14));
    assert.deepEqual(world.book.virtualServer(web)?.perSecond, times(4));
    await world.read({ [web]: 14 });
    assert.deepEqual(world.book.virtualServer(web)?.perSecond, noStatistics);
  });

  it('hold what the kernel forgets when it is made anew', async () => {
    const world = new World();
    await world.read({ [web]: 10 });
    await world.read({ [web]: 3 });
    await world.read({ [web]: 5 });
    assert.deepEqual(world.book.virtualServer(web)?.totals, times(15));
    assert.deepEqual(world.book.virtualServer(web)?.perSecond, times(2));
  });

  it('are forgotten when it is gone', async () => {
    const world = new World();
    await world.read({ [web]: 10, [dns]: 1 });
    await world.read({ [dns]: 1 });
    assert.equal(world.book.virtualServer(web), undefined);
    assert.equal(world.book.virtualServerCount, 1);
  });

  it('are kept where a reading broke off before it came to them', async () => {
    const world = new World();
    await world.read({ [web]: 10, [dns]: 1 });
    world.readPartly({ [dns]: 2 });
    await world.read({ [web]: 16, [dns]: 2 });
    assert.deepEqual(world.book.virtualServer(web)?.perSecond, times(3));
  });

  it('count once where the list of the kernel was started again', async () => {
    const world = new World();
    await world.read({ [web]: 10 });
    const visitor = world.book.begin(5000);
    visitor.virtualServer(web, times(12));
    visitor.virtualServer(web, times(12));
    await world.book.end();
    assert.deepEqual(world.services, { 'default/web': 2 });
  });
});

describe('the counters of a Service', () => {
  it('begin at zero with the program: what was counted before, another process has told', async () => {
    const world = new World();
    await world.read({ [web]: 10, [webOutside]: 5 });
    assert.deepEqual(world.services, { 'default/web': 0 });
    await world.read({ [web]: 12, [webOutside]: 6 });
    assert.deepEqual(world.services, { 'default/web': 3 });
  });

  it('hold all of a virtual server that came later', async () => {
    const world = new World();
    await world.read({});
    await world.read({ [web]: 7 });
    assert.deepEqual(world.services, { 'default/web': 7 });
  });

  it('do not go down when one of its virtual servers goes, or is made anew', async () => {
    const world = new World();
    await world.read({});
    await world.read({ [web]: 10, [webOutside]: 5 });
    await world.read({ [web]: 10 });
    assert.deepEqual(world.services, { 'default/web': 15 });
    await world.read({ [web]: 2, [webOutside]: 1 });
    assert.deepEqual(world.services, { 'default/web': 18 });
  });

  it('go to the Service that has the virtual server now', async () => {
    const world = new World();
    await world.read({ [web]: 0 });
    await world.read({ [web]: 4 });
    world.owners.set(web, 'default/young');
    await world.read({ [web]: 5 });
    assert.deepEqual(world.services, { 'default/young': 1 });
  });

  it('leave out virtual servers of others', async () => {
    const world = new World();
    await world.read({ 'TCP 192.0.2.1:80': 3 });
    assert.deepEqual(world.services, {});
  });

  it('have the connections of the last reading alone', async () => {
    const world = new World();
    await world.read({ [web]: 10, [webOutside]: 5 });
    await world.read({ [web]: 3, [webOutside]: 5 });
    const [[, tally] = []] = world.book.services.entries();
    assert.deepEqual([tally?.activeConnections, tally?.inactiveConnections], [8, 2]);
  });

  it('are summed up with others where there is no room, until there is some', async () => {
    const world = new World(1);
    await world.read({});
    await world.read({ [web]: 1, [dns]: 10 });
    assert.deepEqual(world.services, { 'default/web': 1 });
    assert.equal(world.book.services.without, 1);
    assert.equal(world.book.others.connections, 10);
    await world.read({ [dns]: 12 });
    await world.read({ [dns]: 15 });
    assert.deepEqual(world.services, { 'kube-system/dns': 3 });
    assert.equal(world.book.services.without, 0);
    assert.equal(world.book.others.connections, 12);
  });
});

describe('the counters of a real server', () => {
  it('are those of each virtual server, and of the Service together', async () => {
    const world = new World();
    await world.read({ [web]: 0 }, { '10.244.1.1': 0 });
    await world.read({ [web]: 5 }, { '10.244.1.1': 3, '10.244.1.2': 2 });
    assert.deepEqual(world.realServers, { '10.244.1.1:8080': 3, '10.244.1.2:8080': 2 });
    const reading = world.book.realServer(web, '10.244.1.1:8080');
    assert.deepEqual(reading?.totals, times(3));
    assert.deepEqual(reading.perSecond, times(3));
  });

  it('are forgotten when it is gone, and begin anew when it is back', async () => {
    const world = new World();
    await world.read({ [web]: 0 });
    await world.read({ [web]: 3 }, { '10.244.1.1': 3 });
    await world.read({ [web]: 3 });
    assert.equal(world.book.realServer(web, '10.244.1.1:8080'), undefined);
    assert.deepEqual(world.realServers, {});
    await world.read({ [web]: 4 }, { '10.244.1.1': 1 });
    assert.deepEqual(world.realServers, { '10.244.1.1:8080': 1 });
  });

  it('are left out where there is no room, until there is some', async () => {
    const world = new World(2);
    await world.read({ [web]: 0 });
    await world.read({ [web]: 5 }, { '10.244.1.1': 3, '10.244.1.2': 2 });
    assert.deepEqual(world.realServers, { '10.244.1.1:8080': 3 });
    assert.equal(world.book.realServersWithoutTally, 1);
    await world.read({ [web]: 5 }, { '10.244.1.2': 2 });
    await world.read({ [web]: 9 }, { '10.244.1.2': 6 });
    assert.deepEqual(world.realServers, { '10.244.1.2:8080': 4 });
    assert.equal(world.book.realServersWithoutTally, 0);
  });

  it('leave room when the whole Service goes', async () => {
    const world = new World(2);
    await world.read({ [web]: 1 }, { '10.244.1.1': 1 });
    await world.read({ [dns]: 1 });
    await world.read({ [dns]: 1, [web]: 1 });
    assert.deepEqual(Object.keys(world.services), ['kube-system/dns', 'default/web']);
  });
});
