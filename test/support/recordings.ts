import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded request to a real API server, with its answer. */
export interface Recording {
  readonly request: { readonly method: string; readonly path: string };
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly { readonly atMs: number; readonly text: string }[];
  /** `closed by server`, or `error` where the connection broke. */
  readonly end: string;
}

const shared = process.env['KUBE_IPVS_SHARED'] ?? join(import.meta.dirname, '../../../shared');
const folder = join(shared, 'recordings');

/** Whether the recordings are here; they are not part of the repository. */
export const haveRecordings = existsSync(folder);

export function readRecording(name: string): Recording {
  const text = readFileSync(join(folder, `${name}.json`), 'utf8');
  // The recordings are test data of a known form (recordings/README.md).
  return JSON.parse(text) as Recording;
}
