import {
  IptablesError,
  type RunProgram,
} from '../../src/kernel/packet-filter/iptables/iptables.ts';

/** A program that was started, and what it was given to read. */
export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly input: string;
}

/** What the fake node's iptables can do. */
export interface FakeIptablesOptions {
  /** Programs that are not there, by what their names begin with: `iptables-nft`. */
  readonly missing?: readonly string[];
  /** What somebody else put there, as the program prints it; by what its name begins with. */
  readonly rules?: Readonly<Record<string, string>>;
  /** Tables that the kernel does not have. */
  readonly missingTables?: readonly string[];
  /** Lines that the kernel does not take. */
  readonly refuses?: (line: string, program: string) => boolean;
}

/** The tables of a node in memory: chains and rules by table, per variant and family. */
export class FakeIptables {
  readonly calls: Call[] = [];
  options: FakeIptablesOptions;
  readonly #tables = new Map<string, Map<string, readonly string[]>>();

  constructor(options: FakeIptablesOptions = {}) {
    this.options = options;
  }

  readonly run: RunProgram = (program, args, input) => {
    this.calls.push({ program, args, input });
    return new Promise((resolve) => {
      resolve(this.#answer(program, input));
    });
  };

  /** What was given to restore programs. */
  restored(): string[] {
    return this.calls
      .filter(({ program }) => program.endsWith('-restore'))
      .map(({ input }) => input);
  }

  /** The rules of one chain of `iptables-nft nat`, say; undefined without such a chain. */
  rules(program: string, table: string, chain: string): readonly string[] | undefined {
    return this.#tables.get(`${program} ${table}`)?.get(chain);
  }

  /** Gives a chain other rules, as somebody would by hand. */
  setRules(program: string, table: string, chain: string, rules: readonly string[]): void {
    this.#table(program, table).set(chain, rules);
  }

  /** All chains of a variant and family with their rules, by table. */
  everything(program: string): string {
    return this.#print(program);
  }

  /** How many rules of all variants and families have this text in them. */
  countRules(text: string): number {
    return [...this.#tables.values()]
      .flatMap((chains) => [...chains.values()].flat())
      .reduce((count, rule) => count + rule.split(text).length - 1, 0);
  }

  #answer(program: string, input: string): string {
    const { missing = [], rules = {} } = this.options;
    if (missing.some((name) => program.startsWith(name))) {
      throw new IptablesError(`the program ${program} is missing`, 'missing');
    }
    const base = program.replace(/-(?:save|restore)$/, '');
    if (program.endsWith('-save')) {
      return `${rules[base] ?? ''}${this.#print(base)}`;
    }
    this.#restore(base, input);
    return '';
  }

  #table(program: string, table: string): Map<string, readonly string[]> {
    const key = `${program} ${table}`;
    const found = this.#tables.get(key) ?? new Map<string, readonly string[]>();
    this.#tables.set(key, found);
    return found;
  }

  #print(program: string): string {
    return [...this.#tables]
      .filter(([key]) => key.startsWith(`${program} `))
      .map(([key, chains]) => {
        const names = [...chains.keys()].map((name) => `:${name} - [0:0]\n`);
        const rules = [...chains].flatMap(([name, list]) =>
          list.map((rule) => `-A ${name} ${rule}\n`),
        );
        return `*${key.slice(program.length + 1)}\n${[...names, ...rules].join('')}COMMIT\n`;
      })
      .join('');
  }

  /** Each table in one transaction; one that is refused leaves those before it done. */
  #restore(program: string, input: string): void {
    for (const part of input.split('COMMIT\n').filter((text) => text !== '')) {
      const [head = '', ...lines] = part.trim().split('\n');
      if (this.options.missingTables?.includes(head.slice(1)) === true) {
        throw new IptablesError(`${program}-restore: no table ${head.slice(1)}`, 'refused');
      }
      const table = this.#table(program, head.slice(1));
      const copy = new Map(table);
      lines.forEach((line) => {
        this.#take(program, copy, line);
      });
      table.clear();
      copy.forEach((rules, name) => table.set(name, rules));
    }
  }

  #take(program: string, chains: Map<string, readonly string[]>, line: string): void {
    const [verb = '', chain = ''] = line.split(' ');
    if (verb.startsWith(':')) {
      chains.set(verb.slice(1), []);
      return;
    }
    const rules = chains.get(chain) ?? (kernelChain.test(chain) ? [] : undefined);
    if (rules === undefined || this.#refuses(program, chains, line)) {
      throw new IptablesError(`${program}-restore: line refused: ${line}`, 'refused');
    }
    const changed = changeOf(verb, rules, line.split(' ').slice(2).join(' '));
    if (changed === undefined) {
      chains.delete(chain);
    } else {
      chains.set(chain, changed);
    }
  }

  /** The kernel knows no target of ours but those that are chains of the table. */
  #refuses(program: string, chains: ReadonlyMap<string, unknown>, line: string): boolean {
    const target = / -[jg] (KIPVS-\S+)/.exec(line)?.[1];
    return (
      this.options.refuses?.(line, program) === true ||
      (target !== undefined && !chains.has(target))
    );
  }
}

const kernelChain = /^(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/;

/** The rules of a chain after one line; undefined where the chain is gone. */
function changeOf(
  verb: string,
  rules: readonly string[],
  rule: string,
): readonly string[] | undefined {
  switch (verb) {
    case '-A':
      return [...rules, rule];
    case '-I':
      return [rule.replace(/^1 /, ''), ...rules];
    case '-D':
      return rules.filter((other) => other !== rule);
    case '-X':
      return undefined;
    default:
      throw new IptablesError(`no such command: ${verb}`, 'refused');
  }
}
