import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/**
 * Runs a program and returns its standard output; its input is empty. Rejects with its error output
 * where it fails. A shell of few pages starts it, not this process: under User Mode Linux a fork
 * costs in proportion to the memory of who forks, and both have to touch their pages anew.
 */
export async function runCommand(program: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await endOfCommand([program, ...args]);
  if (status !== 0) {
    throw new Error(`Command failed (${status}): ${program} ${args.join(' ')}\n${stderr}`);
  }
  return stdout;
}

/** Runs a program with this input to its end, whatever that is, from a small shell too. */
export async function endOfCommand(words: readonly string[], input = ''): Promise<Ending> {
  const shell = idle.pop() ?? new SmallShell();
  const ending = await shell.run(words, input);
  idle.push(shell);
  return ending;
}

export interface Ending {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command at a time; as many shells as commands that run beside each other. */
class SmallShell {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #files: Readonly<Record<'stdin' | 'stdout' | 'stderr', string>>;
  #told: (status: number) => void = () => undefined;
  #broken: (error: Error) => void = () => undefined;

  constructor() {
    shells += 1;
    this.#files = {
      stdin: join(folder(), `${shells}.in`),
      stdout: join(folder(), `${shells}.out`),
      stderr: join(folder(), `${shells}.err`),
    };
    this.#process = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.once('exit', (code, signal) => {
      this.#broken(new Error(`the shell of the tests has ended: ${code ?? signal}`));
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#told(Number(line));
    });
  }

  async run(words: readonly string[], input: string): Promise<Ending> {
    const files = this.#files;
    const command = words.map(quoted).join(' ');
    await writeFile(files.stdin, input);
    this.#keepAlive(true);
    const status = await new Promise<number>((resolve, reject) => {
      this.#told = resolve;
      this.#broken = reject;
      const to = `<${quoted(files.stdin)} >${quoted(files.stdout)} 2>${quoted(files.stderr)}`;
      this.#process.stdin.write(`${command} ${to}; echo $?\n`);
    });
    this.#keepAlive(false);
    const [stdout, stderr] = await Promise.all([
      readFile(files.stdout, 'utf8'),
      readFile(files.stderr, 'utf8'),
    ]);
    return { status, stdout, stderr };
  }

  /** Whether this process waits for the shell; one that is idle holds up no end of the tests. */
  #keepAlive(isWaitedFor: boolean): void {
    for (const kept of [this.#process, this.#process.stdin, this.#process.stdout]) {
      // The ends of a child's pipes are sockets, whatever their type says.
      const handle = kept as Pick<ChildProcessByStdio<Writable, Readable, null>, 'ref' | 'unref'>;
      if (isWaitedFor) {
        handle.ref();
      } else {
        handle.unref();
      }
    }
  }
}

const idle: SmallShell[] = [];
let shells = 0;
let made: string | undefined;

/** Where what programs print is kept until it is read; gone when the tests have ended. */
function folder(): string {
  if (made === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'kube-ipvs-commands-'));
    made = path;
    process.once('exit', () => {
      rmSync(path, { recursive: true, force: true });
    });
  }
  return made;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
