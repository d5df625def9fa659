import assert from 'node:assert/strict';
import { readUdpFlow, type UdpFlow } from '../../../src/conntrack/messages.ts';
import { StaleFlowCleaner } from '../../../src/conntrack/stale-flow-cleaner.ts';
import { StaleFlows } from '../../../src/conntrack/stale-flows.ts';
import { setOf } from '../../../src/masquerade/sets.ts';
import type { Operation, RealServer, VirtualServerId } from '../../../src/ipvs/model.ts';
import { ip } from '../../support/cluster-objects.ts';
import { flowPayload } from '../../support/conntrack-flows.ts';
import { until } from '../../support/until.ts';

const vip = '10.96.0.10';
const dns: VirtualServerId = { kind: 'address', protocol: 'UDP', address: ip(vip), port: 53 };
const settings = {
  scheduler: 'rr',
  persistence: undefined,
  onePacket: false,
  schedulerFlags: 0,
  owned: true,
};

function realServer(text: string): RealServer {
  return {
    address: ip(text),
    port: 8053,
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
}

function added(text: string, id = dns): Operation {
  return { kind: 'add real server', id, realServer: realServer(text) };
}

function deleted(text: string, id = dns): Operation {
  return { kind: 'delete real server', id, realServer: realServer(text) };
}

/** A flow to the VIP that a server answers; the VIP itself where IPVS had none. */
function flow(server: string, port = 53): UdpFlow {
  const read = readUdpFlow(
    flowPayload('IPv4', { client: '10.244.0.9', vip, port, server }),
    'IPv4',
  );
  assert.ok(read !== undefined);
  return read;
}

function after(...operations: readonly Operation[]): StaleFlows {
  const stale = new StaleFlows();
  operations.forEach((operation) => {
    stale.note(operation);
  });
  return stale;
}

describe('stale UDP flows', () => {
  it('are those to a real server that is gone, and not to the others', () => {
    const stale = after(deleted('10.244.1.1'), deleted('10.244.1.2'));
    assert.ok(stale.isStale(flow('10.244.1.1')));
    assert.ok(stale.isStale(flow('10.244.1.2')));
    assert.ok(!stale.isStale(flow('10.244.1.3')));
  });

  it('are those of its virtual server alone: others may still lead to it', () => {
    const stale = after(deleted('10.244.1.1'));
    assert.ok(!stale.isStale(flow('10.244.1.1', 54)));
  });

  it('are those past IPVS, once there is a first real server', () => {
    const stale = after(added('10.244.1.1'));
    assert.ok(stale.isStale(flow(vip)));
    assert.ok(!stale.isStale(flow('10.244.1.1')));
    assert.ok(!stale.isStale(flow('10.244.1.2')));
  });

  it('are all to a virtual server that comes or goes', () => {
    for (const operation of [
      { kind: 'add virtual server', id: dns, settings },
      { kind: 'delete virtual server', id: dns },
    ] as const) {
      const stale = after(deleted('10.244.1.9'), operation, deleted('10.244.1.8'));
      assert.ok(stale.isStale(flow('10.244.1.1')));
      assert.ok(stale.isStale(flow(vip)));
      assert.ok(!stale.isStale(flow('10.244.1.1', 54)));
    }
  });

  it('are none after changes in place', () => {
    const stale = after(
      { kind: 'change virtual server', id: dns, settings },
      { kind: 'change real server', id: dns, realServer: realServer('10.244.1.1') },
    );
    assert.ok(stale.isEmpty);
    assert.deepEqual(stale.families, []);
  });

  for (const protocol of ['TCP', 'SCTP'] as const) {
    it(`are none of ${protocol}, whose connections IPVS ends itself`, () => {
      assert.ok(after(deleted('10.244.1.1', { ...dns, protocol })).isEmpty);
    });
  }

  it('are none of virtual servers by mark', () => {
    assert.ok(after(deleted('10.244.1.1', { kind: 'fwmark', family: 'IPv4', fwmark: 7 })).isEmpty);
  });

  it('are looked for in the families that changed', () => {
    assert.deepEqual(after(deleted('10.244.1.1')).families, ['IPv4']);
    const id = { ...dns, address: ip('fd00:96::a') };
    assert.deepEqual(after(deleted('fd00::1', id)).families, ['IPv6']);
    assert.deepEqual(after(deleted('fd00::1', id), deleted('10.244.1.1')).families.length, 2);
  });

  it('are those that were refused, once they no longer are', () => {
    const entry = { kind: 'endpoint', address: ip(vip), protocol: 'UDP', port: 53 } as const;
    const stale = new StaleFlows();
    stale.noteSetOperation({ kind: 'delete entry', set: setOf('refused', 'IPv4'), entry });
    // The node itself has answered, at the port 0 to which refused connections are led.
    const refused = readUdpFlow(
      flowPayload('IPv4', {
        client: '10.244.0.9',
        vip,
        port: 53,
        server: '192.0.2.10',
        serverPort: 0,
      }),
      'IPv4',
    );
    assert.ok(refused !== undefined && stale.isStale(refused));
    assert.ok(!stale.isStale(flow('10.244.1.1')));
    assert.deepEqual(stale.families, ['IPv4']);
  });

  it('are none after any other change of a set', () => {
    const udp = { kind: 'endpoint', address: ip(vip), protocol: 'UDP', port: 53 } as const;
    const stale = new StaleFlows();
    const refused = setOf('refused', 'IPv4');
    stale.noteSetOperation({ kind: 'add entry', set: refused, entry: udp });
    stale.noteSetOperation({
      kind: 'delete entry',
      set: refused,
      entry: { ...udp, protocol: 'TCP' },
    });
    stale.noteSetOperation({ kind: 'delete entry', set: setOf('cluster', 'IPv4'), entry: udp });
    assert.ok(stale.isEmpty);
  });

  it('belong to every kind of front end alike: node ports too', () => {
    const id = { ...dns, address: ip('192.0.2.10'), port: 30_053 };
    const stale = after(deleted('10.244.1.1', id));
    const read = readUdpFlow(
      flowPayload('IPv4', {
        client: '198.51.100.1',
        vip: '192.0.2.10',
        port: 30_053,
        server: '10.244.1.1',
      }),
      'IPv4',
    );
    assert.ok(read !== undefined && stale.isStale(read));
  });
});

describe('the cleaner of stale flows', () => {
  class Client {
    readonly calls: StaleFlows[] = [];
    error: Error | undefined;

    deleteStale(stale: StaleFlows): Promise<number> {
      this.calls.push(stale);
      return this.error === undefined ? Promise.resolve(0) : Promise.reject(this.error);
    }
  }

  function setUp() {
    const client = new Client();
    const failures: string[] = [];
    const cleaner = new StaleFlowCleaner(client, (error) => failures.push(error.message));
    return { client, failures, cleaner };
  }

  it('looks once for all that a round has changed, after the round', async () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1'));
    cleaner.note(deleted('10.244.1.2'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(client.calls.length, 0);
    cleaner.roundEnded();
    assert.equal(client.calls.length, 1);
    const [stale] = client.calls;
    assert.deepEqual(
      ['10.244.1.1', '10.244.1.2', '10.244.1.3'].map((text) => stale?.isStale(flow(text))),
      [true, true, false],
    );
  });

  it('starts afresh with the next round', () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    cleaner.note(deleted('10.244.1.2'));
    cleaner.roundEnded();
    assert.equal(client.calls.length, 2);
    assert.equal(client.calls[1]?.isStale(flow('10.244.1.1')), false);
  });

  it('does not look where nothing can be stale', () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1', { ...dns, protocol: 'TCP' }));
    cleaner.roundEnded();
    assert.equal(client.calls.length, 0);
  });

  it('tells of a failure and goes on', async () => {
    const { client, failures, cleaner } = setUp();
    client.error = new Error('no answer');
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    await until('the failure is told', () => failures.length > 0);
    assert.deepEqual(failures, ['no answer']);
    client.error = undefined;
    cleaner.note(deleted('10.244.1.2'));
    cleaner.roundEnded();
    assert.equal(client.calls.length, 2);
  });
});
