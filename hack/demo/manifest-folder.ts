import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type LineChange = ' ' | '+' | '-';

/** A line of a file's change, as `diff` would have it. */
export interface ChangedLine {
  readonly change: LineChange;
  readonly text: string;
}

/** The folder of manifests that kube-ipvs reads in this demo, in place of an API server. */
export class ManifestFolder {
  readonly path: string;
  readonly #texts = new Map<string, string>();

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<ManifestFolder> {
    return new ManifestFolder(await mkdtemp(join(tmpdir(), 'kube-ipvs-demo-')));
  }

  /** Puts a file in place at one stroke; how it differs from before. */
  async write(name: string, text: string): Promise<readonly ChangedLine[]> {
    const unfinished = join(this.path, `.${name}`);
    await writeFile(unfinished, text);
    await rename(unfinished, join(this.path, name));
    const changed = changedLines(this.#texts.get(name) ?? '', text);
    this.#texts.set(name, text);
    return changed;
  }
}

/** What differs between the first and the last line that differ, and the line before. Pure. */
export function changedLines(before: string, after: string): readonly ChangedLine[] {
  const old = before.trimEnd().split('\n');
  const now = after.trimEnd().split('\n');
  if (before === '') {
    return marked('+', now);
  }
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < Math.min(old.length, now.length) - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  ) {
    end += 1;
  }
  return [
    ...marked(' ', now.slice(Math.max(start - 1, 0), start)),
    ...marked('-', old.slice(start, old.length - end)),
    ...marked('+', now.slice(start, now.length - end)),
  ];
}

function marked(change: LineChange, lines: readonly string[]): ChangedLine[] {
  return lines.map((text) => ({ change, text }));
}
