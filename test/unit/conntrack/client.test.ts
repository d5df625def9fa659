import assert from 'node:assert/strict';
import { ConntrackClient } from '../../../src/conntrack/client.ts';
import { StaleFlows } from '../../../src/conntrack/stale-flows.ts';
import { ip } from '../../support/cluster-objects.ts';
import { flowPayload, type FlowExample } from '../../support/conntrack-flows.ts';
import {
  doneMessage,
  errorMessage,
  FakeKernel,
  netlinkMessage,
} from '../../support/fake-transport.ts';

const vip = '10.96.0.10';
const get = 0x101;
const deletion = 0x102;

function to(server: string, client = '10.244.0.9'): FlowExample {
  return { client, vip, port: 53, server };
}

/** A kernel with these flows, that answers each deletion with an errno. */
function kernelWith(flows: readonly Buffer[], errno = 0): FakeKernel {
  return new FakeKernel((messages, socket) => {
    for (const { type, sequence } of messages) {
      if (type === get) {
        const parts = flows.map((payload) => netlinkMessage(0x100, sequence, payload, 2));
        socket.reply(...parts, doneMessage(sequence));
      } else {
        socket.reply(errorMessage(sequence, errno));
      }
    }
  });
}

function staleAt(server: string): StaleFlows {
  const stale = new StaleFlows();
  stale.note({
    kind: 'delete real server',
    id: { kind: 'address', protocol: 'UDP', address: ip(vip), port: 53 },
    realServer: { address: ip(server), port: 8053 },
  });
  return stale;
}

function deletionsOf(kernel: FakeKernel) {
  return kernel.datagrams.flat().filter(({ type }) => type === deletion);
}

describe('deleting stale flows', () => {
  it('deletes those and no other, in one datagram', async () => {
    const flows = [
      flowPayload('IPv4', to('10.244.1.1', '10.244.0.1')),
      flowPayload('IPv4', to('10.244.1.2', '10.244.0.2')),
      flowPayload('IPv4', to('10.244.1.1', '10.244.0.3')),
      flowPayload('IPv4', to('10.244.1.1', '10.244.0.4'), 6),
    ];
    const kernel = kernelWith(flows);
    const client = new ConntrackClient({}, kernel.open);
    assert.equal(await client.deleteStale(staleAt('10.244.1.1')), 2);
    const sent = deletionsOf(kernel).map(({ payload }) => payload);
    assert.equal(sent.length, 2);
    assert.ok(sent[0]?.includes(Buffer.from(ip('10.244.0.1').bytes)));
    assert.ok(sent[1]?.includes(Buffer.from(ip('10.244.0.3').bytes)));
    assert.equal(kernel.datagrams.length, 2);
  });

  it('deletes first packets past IPVS, and nothing that is established', async () => {
    const syn = { client: '10.244.0.1', vip, port: 53, server: vip, unanswered: true } as const;
    const flows = [
      flowPayload('IPv4', syn, 6),
      flowPayload('IPv4', { ...syn, client: '10.244.0.2', unanswered: false }, 6),
      flowPayload('IPv4', { ...syn, client: '10.244.0.3' }, 17),
    ];
    const kernel = kernelWith(flows);
    const stale = new StaleFlows();
    const id = { kind: 'address', protocol: 'TCP', address: ip(vip), port: 53 } as const;
    stale.note({ kind: 'delete virtual server', id });
    assert.equal(await new ConntrackClient({}, kernel.open).deleteStale(stale), 0);
    stale.note({
      kind: 'add virtual server',
      id,
      settings: {
        scheduler: 'rr',
        persistence: undefined,
        onePacket: false,
        schedulerFlags: 0,
        owned: true,
      },
    });
    assert.equal(await new ConntrackClient({}, kernel.open).deleteStale(stale), 1);
    assert.ok(deletionsOf(kernel)[0]?.payload.includes(Buffer.from(ip('10.244.0.1').bytes)));
  });

  it('asks for the families that changed only', async () => {
    const kernel = kernelWith([]);
    await new ConntrackClient({}, kernel.open).deleteStale(staleAt('10.244.1.1'));
    assert.deepEqual(
      kernel.datagrams.flat().map(({ type, payload }) => `${type} ${payload[0] ?? ''}`),
      [`${get} 2`],
    );
  });

  it('does not mind a flow that has ended by itself', async () => {
    const kernel = kernelWith([flowPayload('IPv4', to('10.244.1.1'))], 2);
    const client = new ConntrackClient({}, kernel.open);
    assert.equal(await client.deleteStale(staleAt('10.244.1.1')), 0);
  });

  it('rejects where the kernel refuses', async () => {
    const kernel = kernelWith([flowPayload('IPv4', to('10.244.1.1'))], 1);
    const client = new ConntrackClient({}, kernel.open);
    await assert.rejects(client.deleteStale(staleAt('10.244.1.1')), { code: 'EPERM' });
    client.close();
    assert.equal(kernel.closed, kernel.opened);
  });
});
