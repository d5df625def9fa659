import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './deployed.ts';

/** A page for people, as it lies in the repository. */
export interface MarkdownPage {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface FencedBlock {
  /** Page and line of the opening fence, for messages. */
  readonly place: string;
  readonly path: string;
  /** What stands behind the opening fence: `sh`, `yaml`, or nothing. */
  readonly language: string;
  readonly text: string;
}

export interface MarkdownLink {
  readonly place: string;
  readonly path: string;
  readonly target: string;
}

const patterns = ['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'config/**/README.md'];

/** Every page that users and contributors are sent to. */
export function markdownPages(): readonly MarkdownPage[] {
  return globSync(patterns, { cwd: repository })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

const fence = /^( *)(`{3,})(\w*)$/;

/** The fenced blocks of a page, without the indentation that a list gives them. */
export function fencedBlocks({ path, text }: MarkdownPage): readonly FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { indent: string; ticks: string; language: string; line: number } | undefined;
  let lines: string[] = [];
  text.split('\n').forEach((line, index) => {
    const [, indent = '', ticks = '', language = ''] = fence.exec(line) ?? [];
    if (open === undefined) {
      open = ticks === '' ? undefined : { indent, ticks, language, line: index + 1 };
      lines = [];
    } else if (ticks === open.ticks && language === '') {
      const place = `${path}:${open.line}`;
      blocks.push({ place, path, language: open.language, text: lines.join('\n') });
      open = undefined;
    } else {
      lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  });
  return blocks;
}

/** Links and images of a page, but for those that stand in code. */
export function markdownLinks({ path, text }: MarkdownPage): readonly MarkdownLink[] {
  return proseLines(text).flatMap((line, index) =>
    [...line.replaceAll(/`[^`]*`/g, 'code').matchAll(/\]\(([^)\s]*)\)/g)].map(
      ([, target = '']) => ({ place: `${path}:${index + 1}`, path, target }),
    ),
  );
}

/** The anchors of a page, as they are made from its headings: the second of one name ends in -1. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of proseLines(text)) {
    const title = /^#{1,6} +(.*)$/.exec(line)?.[1];
    if (title !== undefined) {
      const base = title
        .replaceAll(/\]\([^)]*\)/g, ']')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-');
      let anchor = base;
      for (let count = 1; anchors.has(anchor); count += 1) {
        anchor = `${base}-${count}`;
      }
      anchors.add(anchor);
    }
  }
  return anchors;
}

/** The lines of a page; those of fenced blocks are empty. */
function proseLines(text: string): readonly string[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    if (/^ *`{3,}/.test(line)) {
      isCode = !isCode;
      return '';
    }
    return isCode ? '' : line;
  });
}
