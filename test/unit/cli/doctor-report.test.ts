import assert from 'node:assert/strict';
import { doctorExitCode } from '../../../src/cli/doctor.ts';
import { doctorJson, doctorText } from '../../../src/cli/doctor-report.ts';
import { exitCode } from '../../../src/cli/exit-code.ts';
import { fine, type Finding, type Severity } from '../../../src/doctor/finding.ts';
import { worstOf } from '../../../src/doctor/finding.ts';
import type { CheckReport } from '../../../src/doctor/run-checks.ts';

const pipe = { isTerminal: false, width: undefined };

function finding(severity: Severity, seen: string, command?: string): Finding {
  return { kind: `a-${severity}`, severity, seen, means: `What ${severity} means.`, command };
}

function report(name: string, ...findings: Finding[]): CheckReport {
  return { name, title: name.toUpperCase(), severity: worstOf(findings), findings };
}

const mixed = [
  report('kernel', fine('Linux 6.1')),
  report('mtu', finding('note', 'odd')),
  report('ports', finding('warning', 'tight'), finding('error', 'taken', 'ss -ltn')),
];

describe('what the doctor prints for people', () => {
  it('begins with a summary, then has the gravest first, and a line for what is well', () => {
    assert.equal(
      doctorText(mixed, 'node-a', pipe),
      `3 checks of node node-a: 1 error, 1 warning, 1 note

ERROR    ports: taken
         What error means.
         $ ss -ltn

WARNING  ports: tight
         What warning means.

note     mtu: odd
         What note means.

ok       kernel  Linux 6.1
`,
    );
  });

  it('is short where all is well', () => {
    const text = doctorText([report('kernel', fine('Linux 6.1'))], 'node-a', pipe);
    assert.equal(
      text,
      '1 checks of node node-a: no errors, no warnings, no notes\n\nok       kernel  Linux 6.1\n',
    );
  });

  it('says in a line what was not asked', () => {
    const clock = report('clock', { ...finding('note', 'not asked: no API'), kind: 'not-asked' });
    assert.match(doctorText([clock], 'node-a', pipe), /\n\nnote {5}clock {2}not asked: no API\n$/);
  });

  it('shows a few of a kind, with what it means once', () => {
    const many = Array.from({ length: 9 }, (_, index) => finding('warning', `no ${index}`, 'mend'));
    const text = doctorText([report('services', ...many)], 'node-a', pipe);
    assert.equal(text.match(/services: no /g)?.length, 5);
    assert.match(text, /and 4 more of this kind \(-o json has all\)/);
    assert.equal(text.match(/What warning means/g)?.length, 1);
    assert.equal(text.match(/\$ mend/g)?.length, 1);
  });

  it('breaks sentences where the terminal ends, and commands never', () => {
    const long = 'word '.repeat(60).trim();
    const command = `mend ${long}`;
    const lines = doctorText([report('a', finding('error', long, command))], 'node-a', {
      isTerminal: false,
      width: 60,
    }).split('\n');
    assert.ok(lines.includes(`         $ ${command}`));
    const others = lines.filter((line) => !line.includes('$ mend'));
    assert.deepEqual(
      others.filter((line) => line.length > 60),
      [],
    );
  });

  it('has colours on a terminal alone', () => {
    const escape = '\u001b[';
    assert.equal(doctorText(mixed, 'node-a', pipe).includes(escape), false);
    const terminal = { isTerminal: true, width: 80 };
    assert.ok(doctorText(mixed, 'node-a', terminal).includes(`${escape}31mERROR`));
  });

  it('passes on nothing that a terminal would obey', () => {
    const hostile = 'a\u001b]0;title\u0007\u009b31m\nb\u202e';
    const text = doctorText([report('services', finding('warning', hostile, hostile))], 'n', pipe);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
    assert.equal(text.includes('\nb'), false);
  });
});

describe('what the doctor prints for programs', () => {
  it('has all findings of all checks', () => {
    assert.deepEqual(JSON.parse(doctorJson(mixed, 'node-a')), {
      version: '0.1.0',
      node: 'node-a',
      summary: { errors: 1, warnings: 1, notes: 1 },
      checks: [
        {
          name: 'kernel',
          title: 'KERNEL',
          severity: 'ok',
          findings: [{ kind: 'ok', severity: 'ok', seen: 'Linux 6.1' }],
        },
        {
          name: 'mtu',
          title: 'MTU',
          severity: 'note',
          findings: [{ kind: 'a-note', severity: 'note', seen: 'odd', means: 'What note means.' }],
        },
        {
          name: 'ports',
          title: 'PORTS',
          severity: 'error',
          findings: [
            { kind: 'a-warning', severity: 'warning', seen: 'tight', means: 'What warning means.' },
            {
              kind: 'a-error',
              severity: 'error',
              seen: 'taken',
              means: 'What error means.',
              command: 'ss -ltn',
            },
          ],
        },
      ],
    });
  });
});

describe('the exit code of the doctor', () => {
  const codes = (severity: Severity) =>
    [false, true].map((isStrict) =>
      doctorExitCode([report('a', finding(severity, 'x'))], isStrict),
    );

  it('is 1 for an error, for a warning with --strict alone, and else 0', () => {
    const { success, failure } = exitCode;
    assert.deepEqual(codes('error'), [failure, failure]);
    assert.deepEqual(codes('warning'), [success, failure]);
    assert.deepEqual(codes('note'), [success, success]);
    assert.deepEqual(codes('ok'), [success, success]);
  });
});
