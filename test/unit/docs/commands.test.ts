import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../../../src/cli/explain.ts';
import type { ExplainOptions, PlanOptions } from '../../../src/cli/options.ts';
import { plan } from '../../../src/cli/plan.ts';
import { createProgram, type Action } from '../../../src/cli/program.ts';
import { inProcess, type CommandResult } from '../../support/cli.ts';
import { repository } from '../../support/deployed.ts';
import { documentedCommands, type DocumentedCommand } from '../../support/documented-commands.ts';
import { fencedBlocks, markdownPages } from '../../support/markdown.ts';

const pages = markdownPages();
const commands = pages.flatMap(documentedCommands);
const none: readonly string[] = [];

describe('commands of the docs', () => {
  it('are looked for in all pages', () => {
    assert.ok(commands.length > 40);
    assert.ok(commands.filter(canRun).length > 2);
  });

  it('of kube-ipvs are command lines that it understands', () => {
    assert.deepEqual(
      commands.flatMap((command) => {
        const { error } = parse(command.args);
        return error === undefined ? none : [`${command.place}: ${error}`];
      }),
      none,
    );
  });

  for (const command of commands.filter(canRun)) {
    it(`${command.place.replace(/:\d+/, '')} prints what the page says`, async () => {
      const { code, output, log } = await run(command);
      assert.deepEqual(log.messages('error'), none);
      assert.equal(code, 0);
      assert.deepEqual(missingLines(command.output, output), none);
    });
  }

  it('of npm are scripts of package.json', () => {
    // Of package.json this reads one field.
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(test))/g)].map(
        ([, script, test = '']) => ({ path, name: script ?? test }),
      ),
    );
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter(({ name }) => !Object.hasOwn(scripts, name)),
      none,
    );
  });

  it('name files of the repository that are there', () => {
    const path = /(?<![\w/.~-])(?:hack|config|test|src|docs|\.ci)\/[\w./-]*\w/g;
    const named = pages.flatMap((page) =>
      [...page.text.matchAll(path)].map(([file]) => ({ page: page.path, file })),
    );
    assert.ok(named.length > 60);
    assert.deepEqual(
      named.filter(({ file }) => !existsSync(join(repository, file))),
      none,
    );
  });

  it('of a shell are such that it can read them', () => {
    const blocks = pages.flatMap(fencedBlocks).filter(({ language }) => language === 'sh');
    assert.ok(blocks.length > 10);
    // One shell for all. A colon does nothing, and says whose lines follow.
    const input = blocks.map(({ place, text }) => `: ${place}\n${text}\n`).join('');
    const { stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });
    const line = Number(/line (\d+)/.exec(stderr)?.[1] ?? 0);
    const before = input.split('\n').slice(0, line);
    assert.equal(
      stderr,
      '',
      before.findLast((each) => each.startsWith(': ')),
    );
  }).timeout(20_000);
});

interface Parsed {
  readonly command?: Parameters<Action>[0];
  readonly options?: object;
  /** Why it is no command line of kube-ipvs. */
  readonly error?: string;
}

function parse(args: readonly string[]): Parsed {
  let parsed: Parsed = {};
  const program = createProgram('1.2.3', (command, options) => {
    parsed = { command, options };
  });
  for (const each of [program, ...program.commands]) {
    each.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  }
  try {
    program.parse(args, { from: 'user' });
    return parsed;
  } catch (error) {
    // commander throws for --help too, with the exit code 0.
    const { exitCode, message } = error as { readonly exitCode: number; readonly message: string };
    return exitCode === 0 ? {} : { error: message };
  }
}

/** What reads files of the repository, and changes nothing. */
function canRun({ args: [command = '', ...args] }: DocumentedCommand): boolean {
  const at = args.indexOf('--manifests');
  return (
    ['plan', 'explain'].includes(command) &&
    at >= 0 &&
    existsSync(join(repository, args[at + 1] ?? ''))
  );
}

async function run({ args }: DocumentedCommand): Promise<CommandResult> {
  const { command, options, error } = parse(args);
  assert.equal(error, undefined);
  // createProgram declares what each command gets.
  return inProcess((log) =>
    command === 'plan'
      ? plan(options as PlanOptions, log)
      : explain(options as ExplainOptions, log),
  );
}

/** The lines that the output does not have in that order; `...` stands for any. */
function missingLines(documented: readonly string[], output: string): readonly string[] {
  const rest = output.split('\n').map((line) => line.trim());
  return documented.filter((line) => {
    const text = line.trim();
    const found = text === '' || text === '...' ? 0 : rest.indexOf(text) + 1;
    rest.splice(0, found);
    return text !== '' && text !== '...' && found === 0;
  });
}
