import type { Problem } from '../../base/problem.ts';
import {
  errorCode,
  listManifestFiles,
  readManifestFile,
  type FileStamp,
} from './manifest-files.ts';
import { keepLastGood, mergeManifests, type MergedManifests } from './merge-manifests.ts';
import { parseManifests, type ParsedManifests } from './parse-manifests.ts';

/** What a scan found out. */
export interface ScanResult {
  /** At least one file was read anew or is gone. */
  readonly changed: boolean;
  /** At least one file is being changed: look again soon. */
  readonly unsettled: boolean;
}

interface FileState {
  readonly stamp: FileStamp;
  readonly parsed: ParsedManifests;
}

const absent: FileStamp = 'absent';

/**
 * A folder of manifests as last read. A scan reads what is different since the scan
 * before, and errs on the side of keeping objects:
 * - With `settled`, a change counts once two scans in a row find the same: a file
 *   that is being written, or is away for the moment of a rename, is left alone.
 * - A file that cannot be read, or has become empty, keeps the objects it had. To
 *   remove them, remove the file (or leave a comment in it).
 * - See keepLastGood for files that are not sound.
 */
export class ManifestFolder {
  readonly #folder: string;
  readonly #files = new Map<string, FileState>();
  readonly #unsettled = new Map<string, FileStamp>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects, and changes nothing, when the folder itself cannot be read. */
  async scan(when: 'at once' | 'settled'): Promise<ScanResult> {
    const present = await listManifestFiles(this.#folder);
    const names = new Set([...present.keys(), ...this.#files.keys(), ...this.#unsettled.keys()]);
    let changed = false;
    for (const name of names) {
      const stamp = present.get(name) ?? absent;
      if (stamp === (this.#files.get(name)?.stamp ?? absent)) {
        this.#unsettled.delete(name);
      } else if (when === 'settled' && this.#unsettled.get(name) !== stamp) {
        this.#unsettled.set(name, stamp);
      } else {
        this.#unsettled.delete(name);
        await this.#take(name, stamp);
        changed = true;
      }
    }
    return { changed, unsettled: this.#unsettled.size > 0 };
  }

  /** The cluster that the files describe, those of lower names first. */
  merged(nodeName: string | undefined): MergedManifests {
    const names = [...this.#files.keys()].sort();
    const files = names.flatMap((name) => this.#files.get(name)?.parsed ?? []);
    return mergeManifests(files, nodeName);
  }

  async #take(name: string, stamp: FileStamp): Promise<void> {
    if (stamp === absent) {
      this.#files.delete(name);
      return;
    }
    const before = this.#files.get(name)?.parsed;
    const now = await this.#read(name, before !== undefined && before.objects.length > 0);
    this.#files.set(name, { stamp, parsed: keepLastGood(before, now) });
  }

  async #read(name: string, hadObjects: boolean): Promise<ParsedManifests> {
    let text: string;
    try {
      text = await readManifestFile(this.#folder, name);
    } catch (error) {
      return unreadable(name, `cannot be read (${errorCode(error)})`);
    }
    if (hadObjects && text.trim() === '') {
      return unreadable(name, 'is empty: its objects stay until the file is removed');
    }
    return parseManifests(text, name);
  }
}

function unreadable(name: string, reason: string): ParsedManifests {
  const problem: Problem = {
    object: 'manifest',
    field: '',
    value: undefined,
    allowed: reason,
    origin: name,
  };
  return { objects: [], problems: [problem], broken: true, unusable: [] };
}
