import type { FencedBlock, MarkdownPage } from './markdown.ts';
import { fencedBlocks } from './markdown.ts';

/** A command line of kube-ipvs that a page shows. */
export interface DocumentedCommand {
  readonly place: string;
  /** What stands behind `kube-ipvs`. */
  readonly args: readonly string[];
  /** What the page says that it prints; empty where it does not. */
  readonly output: readonly string[];
}

/** At the start of a line, behind a prompt, or started by another program. */
const inBlock = /(?:^|^\$ |-- |sudo |[|&;(] *)kube-ipvs (?=[a-z-])([^#|<>;&)]*)/;
const inProse = /`kube-ipvs (?=[a-z-])([^`]*)`/g;

/** Every command line of kube-ipvs on a page, in blocks and within sentences. */
export function documentedCommands(page: MarkdownPage): readonly DocumentedCommand[] {
  const ofBlocks = fencedBlocks(page).flatMap(commandsOf);
  const ofProse = [...page.text.matchAll(inProse)].map(([, line = '']) => ({
    place: `${page.path}: \`kube-ipvs ${line}\``,
    args: wordsOf(line),
    output: [],
  }));
  return [...ofBlocks, ...ofProse];
}

/** Where the language says that it is something else, a line is no command. */
function commandsOf({ place, language, text }: FencedBlock): readonly DocumentedCommand[] {
  if (language !== '' && language !== 'sh') {
    return [];
  }
  const commands: { place: string; args: readonly string[]; output: string[] }[] = [];
  for (const line of text.replaceAll(/\\\n */g, '').split('\n')) {
    const [, command] = inBlock.exec(line) ?? [];
    if (command !== undefined) {
      commands.push({ place: `${place}: ${line}`, args: wordsOf(command), output: [] });
    } else if (text.startsWith('$ ')) {
      commands.at(-1)?.output.push(line);
    }
  }
  return commands;
}

function wordsOf(line: string): readonly string[] {
  return line.trim().split(/\s+/);
}
