import assert from 'node:assert/strict';
import { found, kindsOf, orFine, worstOf } from '../../../src/doctor/finding.ts';

const kinds = kindsOf({
  plain: { severity: 'note', means: 'x', mend: 'modprobe -a ip_vs' },
  withBlanks: { severity: 'error', means: 'y', mend: 'ip link set dev LINK mtu VALUE' },
});

describe('a finding', () => {
  it('has the command of its kind, or the one that it was given', () => {
    assert.equal(found(kinds.plain, 'seen').command, 'modprobe -a ip_vs');
    assert.equal(
      found(kinds.withBlanks, 'seen', 'ip link set dev a mtu 9').command,
      'ip link set dev a mtu 9',
    );
  });

  it('never has a command with blanks to be filled in', () => {
    assert.equal(found(kinds.withBlanks, 'seen').command, undefined);
  });

  it('is that all is well, where there is no other', () => {
    assert.deepEqual(
      orFine([], 'well').map(({ kind, seen }) => [kind, seen]),
      [['ok', 'well']],
    );
    assert.equal(worstOf(orFine([], 'well')), 'ok');
    assert.equal(worstOf([found(kinds.plain, ''), found(kinds.withBlanks, '')]), 'error');
  });
});
