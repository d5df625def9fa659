import assert from 'node:assert/strict';
import { formatPortRange } from '../../../src/net/port-range.ts';
import {
  parsePortRangePlaces,
  parsePortRanges,
  requestedAt,
} from '../../../src/translate/requested-port-ranges.ts';

/** `UDP 10000-20000 *` */
function read(text: string): readonly string[] | undefined {
  return parsePortRanges(text)?.map(({ protocol, ranges, isAll }) =>
    [protocol, ...ranges.map(formatPortRange), ...(isAll ? ['*'] : [])].join(' '),
  );
}

describe('the port ranges that a Service asks for', () => {
  it('are ranges and single ports, each with its protocol', () => {
    assert.deepEqual(read('10000-20000/UDP, 5060-5061/TCP'), ['TCP 5060-5061', 'UDP 10000-20000']);
    assert.deepEqual(read('5060/tcp'), ['TCP 5060']);
    assert.deepEqual(read('1-65535/SCTP'), ['SCTP 1-65535']);
  });

  it('may have several protocols, or one for several ranges', () => {
    assert.deepEqual(read('*/TCP,UDP'), ['TCP *', 'UDP *']);
    assert.deepEqual(read('5060/TCP,UDP, 10-20/UDP'), ['TCP 5060', 'UDP 10-20 5060']);
    assert.deepEqual(read('5000, 6000-6010/UDP'), ['UDP 5000 6000-6010']);
  });

  it('that overlap or touch are one', () => {
    assert.deepEqual(read('10-20/UDP, 15-30/UDP, 31/UDP'), ['UDP 10-31']);
  });

  for (const text of [
    ...['', ' ', '10-20', '10-20/', '10-20/ICMP', '20-10/UDP', '0/UDP', '65536/UDP', '1-65536/TCP'],
    ...['10-20/UDP,', ',10-20/UDP', '10-20/UDP/TCP', 'http/TCP', '-5/TCP', '5-/TCP', '**/TCP'],
    '10-20/UDP; 30/TCP',
  ]) {
    it(`are not "${text}"`, () => {
      assert.equal(read(text), undefined);
    });
  }

  it('are at all addresses, and all ports at all but the cluster IP, unless the Service says where', () => {
    const [ports] = parsePortRanges('10-20/TCP,*/TCP') ?? [];
    assert.ok(ports);
    const at = (kind: 'cluster IP' | 'external IP', where?: string) =>
      requestedAt(ports, kind, where === undefined ? undefined : parsePortRangePlaces(where)).map(
        formatPortRange,
      );
    assert.deepEqual(at('cluster IP'), ['10-20']);
    assert.deepEqual(at('external IP'), ['1-65535']);
    assert.deepEqual(at('cluster IP', 'cluster'), ['1-65535']);
    assert.deepEqual(at('external IP', 'cluster, loadbalancer'), []);
  });

  it('are at places that have a name', () => {
    assert.deepEqual(
      parsePortRangePlaces(' External,cluster'),
      new Set(['external IP', 'cluster IP']),
    );
    for (const text of ['', 'nodeport', 'cluster;external', 'cluster,']) {
      assert.equal(parsePortRangePlaces(text), undefined, text);
    }
  });
});
