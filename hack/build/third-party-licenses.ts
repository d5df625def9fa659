import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The package folder of a bundled file: the last node_modules/NAME or node_modules/@SCOPE/NAME. */
function packageFolderOf(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}

/** The fields of package.json that a notice names. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

async function licenseTextOf(folder: string): Promise<string> {
  const names = await readdir(folder);
  const name = names.find((candidate) => /^(?:licen[sc]e|copying)(?:\.|$)/i.test(candidate));
  return name === undefined ? '' : await readFile(join(folder, name), 'utf8');
}

async function noticeOf(folder: string): Promise<string> {
  // Manifests in node_modules were checked by npm when it installed them.
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const license = manifest.license ?? 'see below';
  const title = `${manifest.name} ${manifest.version} (${license})`;
  const text = (await licenseTextOf(folder)).trim();
  return text === '' ? title : `${title}\n\n${text}`;
}

/**
 * The notices of every package that has a file in the bundle.
 *
 * @param root folder that the inputs are relative to
 * @param inputs bundled files, as esbuild's metafile names them
 */
export async function thirdPartyLicenses(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = packageFolderOf(input);
    if (folder !== undefined) folders.add(folder);
  }
  const notices: string[] = [];
  for (const folder of [...folders].sort()) {
    notices.push(await noticeOf(join(root, folder)));
  }
  const line = '-'.repeat(80);
  const head = 'kube-ipvs contains these packages.';
  return `${[head, ...notices].join(`\n\n${line}\n\n`)}\n`;
}
