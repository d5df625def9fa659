import assert from 'node:assert/strict';
import { conntrack } from '../../../../src/doctor/checks/conntrack.ts';
import { filesWith, findingsOf, kindsFound, sysctlsWith } from '../../../support/doctor-readers.ts';

const filled = (count: number | undefined) =>
  sysctlsWith({
    'net/netfilter/nf_conntrack_count': count === undefined ? undefined : String(count),
    'net/netfilter/nf_conntrack_max': '1000',
  });

describe('doctor: conntrack', () => {
  it('is content with room, and where conntrack is not loaded', async () => {
    assert.deepEqual(await kindsFound(conntrack, filled(749)), ['ok']);
    assert.deepEqual(await kindsFound(conntrack, filled(undefined)), ['ok']);
  });

  it('warns from three quarters on, and minds nine tenths', async () => {
    assert.deepEqual(await kindsFound(conntrack, filled(750)), ['filling']);
    const [finding] = await findingsOf(conntrack, filled(950));
    assert.equal(finding?.kind, 'full');
    assert.equal(finding.command, 'sysctl -w net.netfilter.nf_conntrack_max=2000');
  });

  it('notes what was dropped on all processors, in hexadecimal', async () => {
    const text =
      'entries  found drop early_drop search_restart\n00000010 0 0000000a 00000001 ff\n00000010 0 00000000 00000001 ff\n';
    const [finding] = await findingsOf(
      conntrack,
      filesWith({ '/proc/net/stat/nf_conntrack': text }),
    );
    assert.equal(finding?.kind, 'dropped');
    assert.match(finding.seen, /^12 drops/);
  });
});
