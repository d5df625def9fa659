import assert from 'node:assert/strict';
import { defineCheck, type Check } from '../../../src/doctor/check.ts';
import { fine, found, kindsOf } from '../../../src/doctor/finding.ts';
import { countFindings, runChecks } from '../../../src/doctor/run-checks.ts';
import { checks } from '../../../src/doctor/registry.ts';
import { wellNode } from '../../support/doctor-readers.ts';

const kinds = kindsOf({
  bad: { severity: 'error', means: 'It is bad.', mend: 'true' },
  odd: { severity: 'note', means: 'It is odd.' },
});

function checkThat(name: string, look: () => Promise<readonly ('bad' | 'odd')[]>): Check {
  return defineCheck({
    name,
    title: name,
    looksAt: 'Nothing.',
    kinds,
    look,
    judge: (seen) => (seen.length === 0 ? [fine('well')] : seen.map((id) => found(kinds[id], id))),
  });
}

describe('the doctor', () => {
  it('makes a finding of a check that fails, and goes on with the others', async () => {
    const reports = await runChecks(
      [
        checkThat('first', () => Promise.reject(new Error('EACCES: no'))),
        checkThat('second', () => Promise.resolve(['odd', 'bad'])),
        checkThat('third', () => Promise.resolve([])),
      ],
      wellNode(),
    );
    assert.deepEqual(
      reports.map(({ name, severity, findings }) => [name, severity, findings.map((f) => f.kind)]),
      [
        ['first', 'warning', ['unread']],
        ['second', 'error', ['odd', 'bad']],
        ['third', 'ok', ['ok']],
      ],
    );
    assert.equal(reports[0]?.findings[0]?.seen, 'EACCES: no');
    assert.deepEqual(countFindings(reports), { error: 1, warning: 1, note: 1 });
  });

  it('survives a node of which nothing at all can be read', async () => {
    const refused = () => Promise.reject(new Error('EPERM'));
    const nothing = {
      file: refused,
      exists: refused,
      sysctl: refused,
      maySet: refused,
      module: refused,
      program: refused,
      links: refused,
      addresses: refused,
      virtualServers: refused,
      ipvsLeftovers: refused,
      setNames: refused,
      rules: refused,
      nftTables: refused,
      processes: refused,
      cluster: refused,
      served: refused,
    };
    const reports = await runChecks(checks, wellNode(nothing));
    assert.equal(reports.length, checks.length);
    const unread = reports.filter(({ findings }) => findings[0]?.kind === 'unread');
    // The clock and the permissions are asked of the API server alone.
    assert.equal(unread.length, checks.length - 2);
  });
});
