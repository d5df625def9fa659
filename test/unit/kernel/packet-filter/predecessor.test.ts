import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { NftClient } from '../../../../src/kernel/nf-tables/client.ts';
import { openNftablesFilter } from '../../../../src/kernel/packet-filter/nftables/nftables-filter.ts';
import { packetFilterKinds } from '../../../../src/kernel/packet-filter/packet-filter.ts';
import { Predecessor } from '../../../../src/kernel/packet-filter/predecessor.ts';
import { isThere } from '../../../../src/kernel/packet-filter/what-is-there.ts';
import { settings as chains } from '../../../support/chains-world.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { FakeNfTables } from '../../../support/fake-kernel/nf-tables.ts';
import { answerAll, ScriptedSockets } from '../../../support/fake-kernel/sockets.ts';

describe('the packet filter that an earlier run has left', () => {
  it('is asked for until the kernel has answered, and then no more', async () => {
    const listener = { note: () => undefined, changed: () => undefined };
    const client = new NftClient(new FakeNfTables().open);
    const filter = openNftablesFilter(['IPv4'], chains, listener, client);
    const answers: (boolean | Error)[] = [new Error('ENOBUFS: answers were lost'), false];
    const predecessor = new Predecessor(
      filter,
      ['IPv4'],
      { chains, packetFilter: 'auto', iptables: 'auto' },
      undefined,
      () => {
        const answer = answers.shift() ?? assert.fail('it is asked once more');
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    );
    const unknown = await predecessor.retire([]);
    assert.equal(unknown.kind, 'left');
    assert.deepEqual(
      unknown.failures.map(({ kind, key, error }) => [kind, key, error.message]),
      [
        [
          'foundation',
          'packet filter iptables',
          'what an earlier run may have left of it stays: ENOBUFS: answers were lost',
        ],
      ],
    );
    assert.deepEqual(await predecessor.retire([]), { kind: 'none' });
    assert.equal(answers.length, 0);
    assert.deepEqual(await predecessor.retire([]), { kind: 'none' });
    filter.close();
  });

  for (const kind of packetFilterKinds) {
    const opened = (errno: keyof typeof constants.errno) =>
      new ScriptedSockets(answerAll(() => constants.errno[errno])).open;

    it(`is not there where the kernel has nothing that ${kind} needs`, async () => {
      assert.equal(await isThere(kind, ['IPv4'], opened('EINVAL')), false);
    });

    it(`is not known to be there or not where the question for ${kind} fails`, async () => {
      await assert.rejects(isThere(kind, ['IPv4'], opened('ENOMEM')), { code: 'ENOMEM' });
    });
  }

  it('is there where a table or a set of ours is', async () => {
    const tables = new FakeNfTables();
    assert.equal(await isThere('nftables', ['IPv4'], tables.open), false);
    tables.tables.set('kube-ipvs', {
      flags: 0,
      owner: undefined,
      sets: new Map(),
      chains: new Map(),
    });
    assert.equal(await isThere('nftables', ['IPv4'], tables.open), true);
    const kernel = new FakeKernel();
    const open = kernel.open('netfilter');
    kernel.ipset.put({ name: 'of-others', type: 'hash:ip' });
    assert.equal(await isThere('iptables', ['IPv4'], open), false);
    kernel.ipset.put({ name: 'kube-ipvs-vip-4-b', type: 'hash:ip' });
    assert.equal(await isThere('iptables', ['IPv4'], open), true);
  });
});
