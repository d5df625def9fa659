import assert from 'node:assert/strict';
import { NftClient } from '../../../../src/kernel/nf-tables/client.ts';
import { rulesetMessages, tableMessage } from '../../../../src/kernel/nf-tables/write-ruleset.ts';
import {
  forEachAttribute,
  readAttributes,
  readString,
} from '../../../../src/kernel/netlink/message-reader.ts';
import { messageFlag } from '../../../../src/kernel/netlink/protocol.ts';
import type { LocalDetector } from '../../../../src/kernel/packet-filter/local-detector.ts';
import { rulesetOf } from '../../../../src/kernel/packet-filter/nftables/rules.ts';
import { cidr } from '../../../support/cluster-objects.ts';
import { FakeNfTables } from '../../../support/fake-kernel/nf-tables.ts';
import { bytesOf, deviations, type Grammar } from '../../../support/message-grammar.ts';

const u32 = bytesOf(4);
const name = (...words: readonly string[]) => ({ words: new Set(words) });
const table = name('kube-ipvs');

const perFamily = (...names: readonly string[]): readonly string[] =>
  names.flatMap((each) => [`${each}-4`, `${each}-6`]);
const sets = [
  ...perFamily('front-ends', 'sources', 'vips', 'guarded', 'admitted', 'hairpins'),
  ...perFamily('range-ends', 'range-sources', 'range-marks', 'range-guarded', 'range-admitted'),
  ...perFamily('range-hairpins', 'range-vips'),
  'health-ports',
];
const chains = [
  ...['refuse', 'masqueraded', 'begin', 'leave'],
  ...['nat-prerouting', 'nat-output', 'nat-postrouting', 'mark', 'filter-input'],
  ...perFamily('guard', 'node-only', 'refused', 'unserved'),
  ...perFamily('leave', 'own-source', 'cluster-source', 'node-only-source'),
];

/** NFTA_DATA_VALUE, or NFTA_DATA_VERDICT with NFTA_VERDICT_CODE and NFTA_VERDICT_CHAIN. */
const value = { attributes: { 1: bytesOf(1, 2, 4, 6, 16) } };
const data = {
  attributes: { 1: bytesOf(1, 2, 4, 16), 2: { attributes: { 1: u32, 2: name(...chains) } } },
};

/** What nft_expr_ops of each kind have in their policies (net/netfilter/nft_*.c), as far as it is used. */
const expressions: Readonly<Record<string, Grammar>> = {
  payload: { 1: u32, 2: u32, 3: u32, 4: u32 },
  meta: { 1: u32, 2: u32, 3: u32 },
  ct: { 1: u32, 2: u32, 3: bytesOf(1) },
  fib: { 1: u32, 2: u32, 3: u32 },
  bitwise: { 1: u32, 2: u32, 3: u32, 4: value, 5: value },
  cmp: { 1: u32, 2: u32, 3: value },
  lookup: { 1: name(...sets), 2: u32, 3: u32, 5: u32 },
  immediate: { 1: u32, 2: data },
  masq: { 1: u32 },
  redir: { 1: u32 },
  reject: { 1: u32, 2: bytesOf(1) },
};

/** By the command: NFT_MSG_NEWTABLE, NEWCHAIN, NEWRULE, DELRULE, NEWSET. */
const grammars: Readonly<Record<number, Grammar>> = {
  0: { 1: table, 2: u32 },
  3: {
    1: table,
    3: name(...chains),
    4: { attributes: { 1: u32, 2: u32 } },
    5: u32,
    7: name('nat', 'filter'),
  },
  8: { 1: table, 2: name(...chains) },
  9: {
    ...{ 1: table, 2: name(...sets), 3: u32, 4: u32, 5: u32, 6: u32, 7: u32, 10: u32 },
    9: { attributes: { 2: { attributes: { 1: { attributes: { 1: u32 } } } } } },
  },
};

const ranges: LocalDetector = {
  kind: 'ranges',
  ranges: [cidr('10.244.0.0/16'), cidr('fd00:244::/32')],
};

async function written(local: LocalDetector = ranges, masqueradeAll = false) {
  const kernel = new FakeNfTables();
  const client = new NftClient(kernel.open);
  const ruleset = rulesetOf(['IPv4', 'IPv6'], { local, masqueradeAll, hasPortRanges: true });
  const messages = [tableMessage(ruleset.table, 6), ...rulesetMessages(ruleset)];
  const outcome = await client.transact(messages);
  assert.equal(outcome.kind, 'taken');
  client.close();
  const [datagram = []] = kernel.sockets.datagrams;
  const rules = (chain: string): readonly string[] =>
    (kernel.table()?.chains.get(chain) ?? []).map(({ words }) => words);
  return { kernel, rules, inner: datagram.slice(1, -1), bytes: kernel.sockets.sizes[0] ?? 0 };
}

describe('the messages of the whole table', () => {
  it('hold what the kernel knows, and at its size', async () => {
    const { inner } = await written();
    for (const { type, payload } of inner) {
      const [subsystem, command] = [type >> 8, type & 0xff];
      assert.equal(subsystem, 10);
      // NFPROTO_INET, version 0.
      assert.equal(payload.toString('hex', 0, 4), '01000000');
      if (command !== 6) {
        const message = framed(payload);
        assert.deepEqual(deviations(message, 4, grammars[command] ?? {}), [], `command ${command}`);
      }
    }
  });

  it('have each step of a rule with the attributes that it has in the kernel', async () => {
    const { kernel, inner } = await written();
    const rules = inner.filter(({ type }) => (type & 0xff) === 6);
    assert.ok(rules.length > 40);
    for (const { payload } of rules) {
      const attributes = readAttributes(payload, 4);
      assert.deepEqual([...attributes.keys()], [1, 2, 4]);
      forEachAttribute(attributes.get(4) ?? Buffer.alloc(0), 0, (type, expression) => {
        assert.equal(type, 1);
        const parts = readAttributes(expression);
        assert.deepEqual([...parts.keys()], [1, 2]);
        const kind = readString(parts.get(1) ?? Buffer.alloc(0));
        const of = framed(parts.get(2) ?? Buffer.alloc(0));
        assert.deepEqual(deviations(of, 0, expressions[kind] ?? {}), [], kind);
      });
    }
    // The reader knows every step by its own numbers, and every name that a step has is there.
    const words = [...(kernel.table()?.chains.values() ?? [])].flat().map((rule) => rule.words);
    for (const each of words) {
      assert.doesNotMatch(each, /undefined|unknown|\?/);
      for (const [, chain = ''] of each.matchAll(/(?:goto|jump) (\S+) \]/g)) {
        assert.ok(chains.includes(chain), each);
      }
      for (const [, set = ''] of each.matchAll(/lookup reg \d+ set (\S+)/g)) {
        assert.ok(sets.includes(set), each);
      }
    }
  });

  it('make what they name before they name it', async () => {
    const { kernel } = await written();
    const [log = []] = kernel.transactions;
    const kinds = log.map((words) => words.split(' ')[0]);
    const order = ['table', 'set', 'chain', 'flush', 'rule'];
    assert.deepEqual([...new Set(kinds)], order);
    assert.deepEqual(
      kinds,
      kinds.toSorted((a = '', b = '') => order.indexOf(a) - order.indexOf(b)),
    );
    assert.deepEqual(log.filter((words) => words.startsWith('set ')).toSorted(), [
      ...sets.map((set) => `set ${set}`).toSorted(),
    ]);
    assert.deepEqual(log.filter((words) => words.startsWith('chain ')).toSorted(), [
      ...chains.map((chain) => `chain ${chain}`).toSorted(),
    ]);
  });

  it('leave alone what is there, and put rules one behind the other', async () => {
    const { inner } = await written();
    const ofCommand = (command: number) => inner.filter(({ type }) => (type & 0xff) === command);
    for (const command of [0, 3, 9]) {
      for (const { flags } of ofCommand(command)) {
        assert.equal(flags & ~messageFlag.ack, messageFlag.request | messageFlag.create);
      }
    }
    for (const { flags } of ofCommand(6)) {
      const behind = messageFlag.request | messageFlag.create | messageFlag.append;
      assert.equal(flags & ~messageFlag.ack, behind);
    }
  });

  it('are one datagram that every kernel takes', async () => {
    const { bytes } = await written();
    // The least of net.core.wmem_max that distributions have is 208 kB.
    assert.ok(bytes < 64 << 10, `${bytes} bytes`);
  });

  it('say where a packet comes in as the drawing of the table does', async () => {
    const { rules } = await written();
    assert.deepEqual(rules('nat-prerouting'), ['[ immediate goto begin ]']);
    assert.equal(rules('nat-output').at(-1), '[ immediate goto begin ]');
    assert.deepEqual(rules('nat-postrouting'), ['[ immediate goto leave ]']);
    assert.deepEqual(rules('begin'), [
      // A packet of IPv4 (NFPROTO_IPV4 is 2): its destination, protocol and port are in the map.
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 02 ] ' +
        '[ payload load 4b @ network header + 16 => reg 1 ] [ meta load l4proto => reg 2 ] ' +
        '[ payload load 2b @ transport header + 2 => reg 3 ] ' +
        '[ lookup reg 1 set front-ends-4 => verdict ]',
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 02 ] ' +
        '[ payload load 4b @ network header + 16 => reg 1 ] [ lookup reg 1 set range-vips-4 ] ' +
        '[ payload load 4b @ network header + 16 => reg 1 ] [ meta load l4proto => reg 2 ] ' +
        '[ payload load 2b @ transport header + 2 => reg 3 ] ' +
        '[ lookup reg 1 set range-ends-4 => verdict ]',
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 02 ] ' +
        '[ payload load 4b @ network header + 16 => reg 1 ] [ lookup reg 1 set vips-4 ] ' +
        '[ immediate goto unserved-4 ]',
      // One of IPv6 (10): the address takes four registers.
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 0a ] ' +
        '[ payload load 16b @ network header + 24 => reg 1 ] [ meta load l4proto => reg 5 ] ' +
        '[ payload load 2b @ transport header + 2 => reg 6 ] ' +
        '[ lookup reg 1 set front-ends-6 => verdict ]',
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 0a ] ' +
        '[ payload load 16b @ network header + 24 => reg 1 ] [ lookup reg 1 set range-vips-6 ] ' +
        '[ payload load 16b @ network header + 24 => reg 1 ] [ meta load l4proto => reg 5 ] ' +
        '[ payload load 2b @ transport header + 2 => reg 6 ] ' +
        '[ lookup reg 1 set range-ends-6 => verdict ]',
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 0a ] ' +
        '[ payload load 16b @ network header + 24 => reg 1 ] [ lookup reg 1 set vips-6 ] ' +
        '[ immediate goto unserved-6 ]',
    ]);
  });

  it('give new connections to port ranges their mark', async () => {
    const { rules } = await written();
    // IP_CT_NEW is bit 3 of the states.
    const isNew =
      '[ ct load state => reg 16 ] [ bitwise reg 16 = ( reg 16 & 08000000 ) ^ 00000000, 4 bytes ] ' +
      '[ cmp neq reg 16 00000000 ] [ immediate goto mark ]';
    assert.deepEqual(rules('filter-input'), [isNew]);
    // IPVS is next there, and connections of processes begin there.
    assert.deepEqual(rules('nat-output').slice(0, -1), rules('mark'));
    assert.equal(
      rules('mark')[0],
      '[ meta load nfproto => reg 16 ] [ cmp eq reg 16 02 ] ' +
        '[ payload load 4b @ network header + 16 => reg 1 ] [ lookup reg 1 set range-vips-4 ] ' +
        '[ payload load 4b @ network header + 16 => reg 1 ] [ meta load l4proto => reg 2 ] ' +
        '[ payload load 2b @ transport header + 2 => reg 3 ] ' +
        '[ lookup reg 1 set range-marks-4 => reg 16 ] [ meta set mark with reg 16 ]',
    );
  });

  it('know a connection by where it was meant to go, when it leaves', async () => {
    const { rules } = await written();
    assert.equal(
      rules('leave-4')[0],
      '[ ct load dst_ip => reg 1, dir original ] [ meta load l4proto => reg 2 ] ' +
        '[ ct load proto_dst => reg 3, dir original ] [ lookup reg 1 set sources-4 => verdict ]',
    );
    // NF_NAT_RANGE_PROTO_RANDOM_FULLY is 16.
    assert.deepEqual(rules('masqueraded'), ['[ masq flags 16 ]']);
  });

  it('refuse each protocol in its own way', async () => {
    const { rules } = await written();
    assert.deepEqual(rules('refuse'), [
      '[ meta load l4proto => reg 16 ] [ cmp eq reg 16 84 ] [ immediate reg 16 0000 ] [ redir port reg 16 ]',
      // RTN_LOCAL is 2.
      '[ fib saddr type 3 => reg 16 ] [ cmp eq reg 16 02000000 ] [ meta load l4proto => reg 16 ] ' +
        '[ cmp eq reg 16 06 ] [ immediate reg 16 0000 ] [ redir port reg 16 ]',
      '[ fib saddr type 3 => reg 16 ] [ cmp eq reg 16 02000000 ] [ meta load l4proto => reg 16 ] ' +
        '[ cmp eq reg 16 11 ] [ immediate reg 16 0000 ] [ redir port reg 16 ]',
      // NFT_REJECT_TCP_RST; NFT_REJECT_ICMPX_UNREACH with NFT_REJECT_ICMPX_PORT_UNREACH.
      '[ meta load l4proto => reg 16 ] [ cmp eq reg 16 06 ] [ reject type 1 code 0 ]',
      '[ reject type 2 code 1 ]',
    ]);
  });

  for (const [what, local, masqueraded] of [
    [
      'a range',
      ranges,
      '[ payload load 4b @ network header + 12 => reg 1 ] ' +
        '[ bitwise reg 1 = ( reg 1 & ffff0000 ) ^ 00000000, 4 bytes ] [ cmp neq reg 1 0af40000 ]',
    ],
    [
      'a link, with the padding of its name',
      { kind: 'interface', name: 'cni0' },
      '[ meta load iifname => reg 1 ] [ cmp neq reg 1 636e6930000000000000000000000000 ]',
    ],
    [
      'the first letters of a link',
      { kind: 'interface prefix', prefix: 'veth' },
      '[ meta load iifname => reg 1 ] [ cmp neq reg 1 76657468 ]',
    ],
  ] as const satisfies readonly (readonly [string, LocalDetector, string])[]) {
    it(`tell Pods by ${what}`, async () => {
      const { rules } = await written(local);
      const [first = ''] = rules('cluster-source-4');
      assert.ok(first.endsWith(`${masqueraded} [ immediate goto masqueraded ]`), first);
    });
  }

  it('masquerade nothing from outside where Pods cannot be told, and everything where that is asked for', async () => {
    const ownSource = '[ immediate goto own-source-4 ]';
    assert.deepEqual((await written({ kind: 'none' })).rules('cluster-source-4'), [ownSource]);
    assert.deepEqual((await written({ kind: 'none' }, true)).rules('cluster-source-4'), [
      '[ immediate goto masqueraded ]',
      ownSource,
    ]);
  });
});

/** A payload as a message of its own, for a reader of messages. */
function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length);
  return Buffer.concat([header, payload]);
}
