import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { createProgram, type Action } from '../../../src/cli/program.ts';
import { exitCode } from '../../../src/cli/exit-code.ts';

interface Parsed {
  readonly command: Parameters<Action>[0] | undefined;
  readonly options: object;
  readonly output: string;
}

/** Parses a command line; `output` is all that was printed. */
function parse(...args: readonly string[]): Parsed {
  const parsed = { command: undefined as Parsed['command'], options: {}, output: '' };
  const program = createProgram('1.2.3', (command, options) => {
    parsed.command = command;
    parsed.options = options;
  });
  const write = (text: string): void => {
    parsed.output += text;
  };
  for (const each of [program, ...program.commands]) {
    each.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch {
    // The exit that commander wants; what it has printed tells the rest.
  }
  return parsed;
}

const commands = ['run', 'plan', 'show', 'explain', 'doctor', 'cleanup'] as const;

describe('the command line', () => {
  it('has these commands', () => {
    const program: Command = createProgram('1.2.3', () => {});
    assert.deepEqual(
      program.commands.map((command) => command.name()),
      commands,
    );
  });

  for (const name of commands) {
    it(`${name} --help has options, and examples that are command lines of this program`, () => {
      const { output, command } = parse(name, '--help');
      assert.equal(command, undefined, 'nothing is done');
      assert.match(output, /^Options:\n/m);
      const examples = [...output.matchAll(/^ {2}\$ kube-ipvs (.*)$/gm)].map(
        ([, line = '']) => line,
      );
      assert.ok(examples.length > 0);
      for (const example of examples) {
        assert.equal(parse(...example.split(' ')).command, name, example);
      }
    });
  }

  it('--help lists every exit code', () => {
    const { output } = parse('--help');
    for (const code of Object.values(exitCode)) {
      assert.match(output, new RegExp(`^ {2}${code} {2}\\S`, 'm'));
    }
  });

  it('--version is the version', () => {
    assert.equal(parse('--version').output, '1.2.3\n');
  });

  it('has defaults', () => {
    assert.deepEqual(parse('run').options, {
      logLevel: 'info',
      logFormat: 'auto',
      once: false,
      timeout: 30_000,
    });
    assert.deepEqual(parse('plan').options, {
      logLevel: 'info',
      logFormat: 'auto',
      output: 'table',
      timeout: 30_000,
    });
    assert.deepEqual(parse('cleanup').options, {
      logLevel: 'info',
      logFormat: 'auto',
      kubeProxy: false,
      packetFilter: false,
      dryRun: false,
      force: false,
    });
  });

  it('takes durations in the form of Go', () => {
    const { options } = parse('plan', '--timeout', '1m30s');
    assert.equal('timeout' in options && options.timeout, 90_000);
  });

  it('has the question for explain: a Service, or a packet', () => {
    const asked = (...words: readonly string[]) => {
      const { options } = parse('explain', ...words);
      return ['service', 'from', 'to'].map(
        (name) => Object.entries(options).find(([key]) => key === name)?.[1] as unknown,
      );
    };
    assert.deepEqual(asked('default/web'), ['default/web', undefined, undefined]);
    assert.deepEqual(asked('--from', 'node', '--to', '10.96.0.10:53/udp'), [
      undefined,
      'node',
      '10.96.0.10:53/udp',
    ]);
  });

  it('declares the command alone that was named, else all, each with the flags of kube-proxy', () => {
    const withFlags = (only?: string): readonly string[] => {
      const declared = createProgram('0', () => undefined, only).commands;
      assert.ok(
        declared.every(({ options }) => options.some(({ long }) => long === '--master')),
        only,
      );
      return declared.map((command) => command.name());
    };
    const all = [...commands];
    assert.deepEqual(withFlags(), all);
    assert.deepEqual(withFlags('--help'), all);
    assert.deepEqual(withFlags('help'), all);
    for (const name of all) {
      assert.deepEqual(withFlags(name), [name]);
    }
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['run --nope', /unknown option '--nope'/],
    ['fly', /unknown command 'fly'/],
    ['plan extra', /too many arguments for 'plan'/],
    ['plan --timeout 5', /'5' is invalid\. It must be a duration such as 30s or 1m30s\./],
    ['plan --timeout 0s', /'0s' is invalid/],
    ['plan -o yaml', /'yaml' is invalid\. Allowed choices are table, json\./],
    [
      'run --log-level loud',
      /'loud' is invalid\. Allowed choices are error, warn, info, debug, trace\./,
    ],
    ['run --manifests a --kubeconfig b', /cannot be used with option '--kubeconfig <file>'/],
    ['run --config', /argument missing/],
    ['cleanup --manifests a', /unknown option '--manifests'/],
  ];
  for (const [line, message] of wrong) {
    it(`refuses '${line}' and points to --help`, () => {
      const { command, output } = parse(...line.split(' '));
      assert.equal(command, undefined);
      assert.match(output, message);
      assert.match(output, /\(--help shows the options\)/);
    });
  }
});
