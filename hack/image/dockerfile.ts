/** One instruction: `COPY`, its flags `--from=build`, and the rest of its line. */
export interface Instruction {
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly value: string;
}

/** A stage, from its FROM on; the FROM itself is not among the instructions. */
export interface Stage {
  /** Undefined where it has no `AS`. */
  readonly name: string | undefined;
  readonly image: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, in their order. It knows what ours uses, and no here-documents. Pure. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { head: Omit<Stage, 'instructions'>; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsIn(text)) {
    if (instruction.name === 'FROM') {
      const [image = '', as, name] = instruction.value.split(/\s+/);
      const head = {
        name: as?.toUpperCase() === 'AS' ? name : undefined,
        image,
        flags: instruction.flags,
      };
      stages.push({ head, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages.map(({ head, instructions }) => ({ ...head, instructions }));
}

/** Variables of a stage's ENV instructions, `NAME=value` each; ours have one in each. Pure. */
export function variables({ instructions }: Stage): readonly string[] {
  return instructions.filter(({ name }) => name === 'ENV').map(({ value }) => value);
}

/** The shell commands of a stage's RUN instructions. Pure. */
export function runCommands({ instructions }: Stage): readonly string[] {
  return instructions.filter(({ name }) => name === 'RUN').map(({ value }) => value);
}

function instructionsIn(text: string): readonly Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseInstruction);
}

function parseInstruction(line: string): Instruction {
  const [, name = '', rest = ''] = /^\s*(\S+)\s*(.*)$/.exec(line) ?? [];
  const flags: Record<string, string> = {};
  let value = rest;
  for (;;) {
    const flag = /^--([a-z]+)=(\S+)\s+(.*)$/.exec(value);
    if (flag === null) {
      return { name: name.toUpperCase(), flags, value };
    }
    const [, key = '', setting = '', remaining = ''] = flag;
    flags[key] = setting;
    value = remaining;
  }
}
