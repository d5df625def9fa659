import assert from 'node:assert/strict';
import { plainSettings } from '../../../support/ipvs-examples.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConntrackClient } from '../../../../src/kernel/conntrack/client.ts';
import { StaleFlows } from '../../../../src/kernel/conntrack/stale-flows.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { flowIn, type FlowExample } from '../../../support/conntrack-flows.ts';
import type { Flow } from '../../../support/fake-kernel/conntrack.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';

const vip = '10.96.0.10';

function to(server: string, client = '10.244.0.9'): FlowExample {
  return { client, vip, port: 53, server };
}

function setUp(...flows: readonly Flow[]) {
  const kernel = new FakeKernel();
  kernel.conntrack.flows.push(...flows);
  return { kernel, client: new ConntrackClient({}, kernel.open('netfilter')) };
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

const deletion = (client: string) => `delete flow UDP ${client}:40000 > ${vip}:53`;

describe('deleting stale flows', () => {
  it('deletes those and no other, in one datagram', async () => {
    const others = [
      flowIn(to('10.244.1.2', '10.244.0.2')),
      flowIn(to('10.244.1.1', '10.244.0.4'), 6),
    ];
    const { kernel, client } = setUp(
      flowIn(to('10.244.1.1', '10.244.0.1')),
      ...others,
      flowIn(to('10.244.1.1', '10.244.0.3')),
    );
    assert.equal(await client.deleteStale(staleAt('10.244.1.1')), 2);
    assert.deepEqual(kernel.log, [deletion('10.244.0.1'), deletion('10.244.0.3')]);
    assert.deepEqual(kernel.conntrack.flows, others);
    assert.equal(kernel.sockets.netfilter.datagrams.length, 2);
  });

  it('deletes first packets past IPVS, and nothing that is established', async () => {
    const syn = { client: '10.244.0.1', vip, port: 53, server: vip, unanswered: true } as const;
    const others = [
      flowIn({ ...syn, client: '10.244.0.2', unanswered: false }, 6),
      flowIn({ ...syn, client: '10.244.0.3' }, 17),
    ];
    const { kernel, client } = setUp(flowIn(syn, 6), ...others);
    const stale = new StaleFlows();
    const id = { kind: 'address', protocol: 'TCP', address: ip(vip), port: 53 } as const;
    stale.note({ kind: 'delete virtual server', id });
    assert.equal(await client.deleteStale(stale), 0);
    stale.note({
      kind: 'add virtual server',
      id,
      settings: { ...plainSettings, owned: true },
    });
    assert.equal(await client.deleteStale(stale), 1);
    assert.deepEqual(kernel.log, [`delete flow TCP 10.244.0.1:40000 > ${vip}:53`]);
    assert.deepEqual(kernel.conntrack.flows, others);
    assert.deepEqual(new Set(kernel.questions), new Set(['unanswered TCP flows of IPv4']));
  });

  it('asks for the families that changed only', async () => {
    const { kernel, client } = setUp();
    await client.deleteStale(staleAt('10.244.1.1'));
    assert.deepEqual(kernel.questions, ['UDP flows of IPv4']);
  });

  it('leaves out what a kernel before 5.8 lists besides, which does not filter', async () => {
    const { kernel, client } = setUp(flowIn(to('10.244.1.1'), 6));
    kernel.conntrack.filters = false;
    assert.equal(await client.deleteStale(staleAt('10.244.1.1')), 0);
    assert.deepEqual(kernel.log, []);
  });

  it('leaves a flow alone that has taken the place of a stale one meanwhile', async () => {
    const { kernel, client } = setUp(flowIn(to('10.244.1.1')));
    const release = kernel.holdAnswers('UDP flows of IPv4');
    const deleting = client.deleteStale(staleAt('10.244.1.1'));
    await nextTurn();
    kernel.conntrack.flows.splice(0, 1, flowIn(to('10.244.1.1')));
    release();
    assert.equal(await deleting, 0);
    assert.equal(kernel.conntrack.flows.length, 1);
  });

  for (const [code, outcome] of [
    ['ENOENT', 'does not mind a flow that has ended by itself'],
    ['EPERM', 'rejects where the kernel refuses'],
  ] as const) {
    it(outcome, async () => {
      const { kernel, client } = setUp(flowIn(to('10.244.1.1')));
      kernel.addFaults(deletion('10.244.0.9'), { kind: 'refused', code });
      const deleting = client.deleteStale(staleAt('10.244.1.1'));
      await (code === 'ENOENT'
        ? deleting.then((count) => {
            assert.equal(count, 0);
          })
        : assert.rejects(deleting, { code }));
      client.close();
      assert.equal(kernel.sockets.netfilter.closed, kernel.sockets.netfilter.opened);
    });
  }
});
