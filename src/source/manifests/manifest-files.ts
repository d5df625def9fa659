import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Tells one version of a file from another. */
export type FileStamp = string;

/**
 * The manifest files of a folder in the order of their names, and which version of
 * each is there. Files that start with a dot do not count, nor do folders within;
 * links are followed (a ConfigMap volume is made of them). Rejects, in words for an
 * operator, when the folder cannot be read.
 */
export async function listManifestFiles(folder: string): Promise<Map<string, FileStamp>> {
  const names = (await readFolder(folder)).filter(isManifestName).sort();
  const files = new Map<string, FileStamp>();
  for (const name of names) {
    const stamp = await stampOf(join(folder, name));
    if (stamp !== undefined) {
      files.set(name, stamp);
    }
  }
  return files;
}

/** The text of a file, without a byte order mark. */
export async function readManifestFile(folder: string, name: string): Promise<string> {
  const text = await readFile(join(folder, name), 'utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** `ENOENT` and the like; the message where there is no code. */
export function errorCode(error: unknown): string {
  if (error instanceof Error) {
    return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  }
  return String(error);
}

async function readFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new Error(`${describeFailure(errorCode(error))}: ${folder}`, { cause: error });
  }
}

function describeFailure(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'the folder of manifests does not exist';
    case 'ENOTDIR':
      return 'the folder of manifests is not a folder';
    default:
      return `the folder of manifests cannot be read (${code})`;
  }
}

function isManifestName(name: string): boolean {
  return !name.startsWith('.') && /\.(yaml|yml|json)$/.test(name);
}

async function stampOf(path: string): Promise<FileStamp | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    return stats.isFile() ? [dev, ino, size, mtimeNs, ctimeNs].join(':') : undefined;
  } catch (error) {
    // Reading it will fail as well, and is where that is reported.
    return errorCode(error);
  }
}
