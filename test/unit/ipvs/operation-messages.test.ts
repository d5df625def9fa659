import fc from 'fast-check';
import assert from 'node:assert/strict';
import { writeOperation } from '../../../src/ipvs/encode.ts';
import {
  formatRealServer,
  oneByOne,
  virtualServerFamily,
  type Operation,
  type RealServer,
} from '../../../src/ipvs/model.ts';
import { OperationMessages } from '../../../src/ipvs/operation-messages.ts';
import { longestMessageBytes, OperationWriter } from '../../../src/ipvs/operation-writer.ts';
import { MessageWriter } from '../../../src/netlink/message-writer.ts';
import { NetlinkError } from '../../../src/netlink/netlink-error.ts';
import { realServer, record, settings, virtualServerId } from '../../support/arbitraries.ts';
import {
  ip,
  plainSettings,
  realServer as exampleOf,
  virtualServer,
} from '../../support/ipvs-examples.ts';
import { writtenHex } from '../../support/written-bytes.ts';

const family = 0x1c;

/** Nearly all are alike, as in a cluster: then messages are copies of others. */
const plainRealServer: fc.Arbitrary<RealServer> = record({
  address: fc.nat({ max: 0xff_ffff }).map((host) => ip(`10.${host >>> 16}.1.${host & 0xff}`)),
  port: fc.integer({ min: 1, max: 65_535 }),
  method: fc.constant('masq' as const),
  weight: fc.constantFrom(1, 1, 1, 0),
});

const realServers = fc
  .array(fc.oneof({ weight: 4, arbitrary: plainRealServer }, realServer), { maxLength: 12 })
  .map((list) => new Map(list.map((item) => [formatRealServer(item), item])));

/** The same settings often, by identity, and others. */
const operation: fc.Arbitrary<Operation> = virtualServerId.chain((id) =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: record({
        kind: fc.constant('add virtual server' as const),
        id: fc.constant(id),
        settings: fc.oneof(
          { weight: 4, arbitrary: fc.constant(plainSettings) },
          settings(virtualServerFamily(id)),
        ),
        realServers,
      }),
    },
    record({
      kind: fc.constantFrom('add real server' as const, 'change real server' as const),
      id: fc.constant(id),
      realServer,
    }),
    record({
      kind: fc.constantFrom('add virtual server' as const, 'change virtual server' as const),
      id: fc.constant(id),
      settings: settings(virtualServerFamily(id)),
    }),
    record({ kind: fc.constant('delete virtual server' as const), id: fc.constant(id) }),
  ),
);

/** The messages, in datagrams of `most`. */
function written(messages: OperationMessages, most: number): string {
  const datagrams: string[] = [];
  const writer = new MessageWriter();
  for (let done = 0; done < messages.count;) {
    writer.reset();
    done += messages.write(writer, done + 1, Math.min(most, messages.count - done));
    datagrams.push(writer.bytes().toString('hex'));
  }
  return datagrams.join('');
}

/** The same, each by itself and attribute by attribute. */
function expected(operations: readonly Operation[]): string {
  return writtenHex((writer) => {
    operations.flatMap(oneByOne).forEach((single, index) => {
      writeOperation(writer, family, index + 1, single);
    });
  });
}

describe('the messages of a list of operations', () => {
  it('are to the byte those of each virtual and real server, wherever datagrams end', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 12 }),
        fc.integer({ min: 1, max: 30 }),
        (operations, most) => {
          const messages = new OperationMessages(operations, new OperationWriter(family));
          assert.equal(written(messages, most), expected(operations));
        },
      ),
    );
  });

  it('stay so in one batch after the other', () => {
    fc.assert(
      fc.property(fc.array(fc.array(operation, { maxLength: 4 })), (batches) => {
        const writer = new OperationWriter(family);
        for (const operations of batches) {
          const messages = new OperationMessages(operations, writer);
          assert.equal(written(messages, 250), expected(operations));
        }
      }),
    );
  });

  it('are as many in a datagram as are asked for, also of one large virtual server', () => {
    const many = Array.from({ length: 700 }, (_, index) =>
      exampleOf(`10.1.${index >>> 8}.${index & 0xff}`),
    );
    const messages = new OperationMessages(
      [
        {
          kind: 'add virtual server',
          id: virtualServer('10.96.0.1'),
          settings: plainSettings,
          realServers: new Map(many.map((item) => [formatRealServer(item), item])),
        },
      ],
      new OperationWriter(family),
    );
    assert.equal(messages.count, 701);
    const writer = new MessageWriter();
    assert.deepEqual(
      [250, 250, 201].map((most) => messages.write(writer, 1, most)),
      [250, 250, 201],
    );
    assert.throws(() => messages.write(writer, 1, 1), RangeError);
  });

  it('are none longer than the longest', () => {
    const scheduler = 'abcdefghijklmno';
    const id = virtualServer('10.96.0.1');
    const bytes = written(
      new OperationMessages(
        [{ kind: 'add virtual server', id, settings: { ...plainSettings, scheduler } }],
        new OperationWriter(family),
      ),
      250,
    );
    assert.ok(bytes.length / 2 <= longestMessageBytes);
  });

  it('tell which operation failed, and which of its real servers first', () => {
    const id = virtualServer('10.96.0.1');
    const one = exampleOf('10.1.0.1');
    const two = exampleOf('10.1.0.2');
    const operations: Operation[] = [
      { kind: 'delete virtual server', id },
      {
        kind: 'add virtual server',
        id,
        settings: plainSettings,
        realServers: new Map([one, two].map((item) => [formatRealServer(item), item])),
      },
      { kind: 'delete virtual server', id },
    ];
    const messages = new OperationMessages(operations, new OperationWriter(family));
    const of = (...indexes: readonly number[]): (Operation | undefined)[] =>
      messages
        .failures(new Map(indexes.map((index) => [index, NetlinkError.fromErrno(17)])))
        .map((failure) => failure?.operation);
    const add = (added: RealServer): Operation => ({
      kind: 'add real server',
      id,
      realServer: added,
    });
    assert.deepEqual(of(), [undefined, undefined, undefined]);
    assert.deepEqual(of(0), [operations[0], undefined, undefined]);
    assert.deepEqual(of(3, 2), [undefined, add(one), undefined]);
    assert.deepEqual(of(3, 4), [undefined, add(two), operations[2]]);
  });
});
