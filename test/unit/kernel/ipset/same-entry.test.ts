import assert from 'node:assert/strict';
import {
  formatEntry,
  sameEntry,
  type FilterEntry,
} from '../../../../src/kernel/packet-filter/filter-entry.ts';
import { cidr, ip } from '../../../support/cluster-objects.ts';

const [one, two] = [ip('10.96.0.1'), ip('10.96.0.2')];
const tcp = { address: one, protocol: 'TCP', port: 80 } as const;

/** No two of these are the same. */
const entries: readonly FilterEntry[] = [
  { kind: 'port', port: 80 },
  { kind: 'port', port: 81 },
  { kind: 'address', address: one },
  { kind: 'address', address: two },
  { kind: 'address', address: ip('fd00:96::1') },
  { kind: 'endpoint', ...tcp },
  { kind: 'endpoint', ...tcp, address: two },
  { kind: 'endpoint', ...tcp, port: 81 },
  { kind: 'endpoint', ...tcp, protocol: 'UDP' },
  { kind: 'endpoint to itself', ...tcp },
  { kind: 'endpoint and source', ...tcp, source: cidr('192.0.2.0/24') },
  { kind: 'endpoint and source', ...tcp, source: cidr('192.0.2.0/25') },
];

describe('two entries of sets', () => {
  it('are the same where all that they say is', () => {
    for (const [index, entry] of entries.entries()) {
      for (const [otherIndex, other] of entries.entries()) {
        const copy = 'address' in other ? { ...other, address: ip(other.address.text) } : other;
        assert.equal(
          sameEntry(entry, copy),
          index === otherIndex,
          `${entry.kind} ${formatEntry(entry)}, ${other.kind} ${formatEntry(other)}`,
        );
      }
    }
  });
});
