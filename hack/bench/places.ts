import { basename, extname, join } from 'node:path';

/**
 * Where things are, for the sources as for their bundles in dist/ (bundle-probes.ts), which run where no
 * sources are.
 */
const here = import.meta.dirname;

/** The built program and what is bundled beside it. */
export const dist = basename(here) === 'dist' ? here : join(here, '../../dist');

/** The rules of kube-proxy's golden case, in a folder with what is bundled; where the golden cases are. */
export function goldenRulesFile(folder: string): string {
  return join(folder, 'kube-proxy-rules.json');
}

/** A program of this folder: `start`. */
export function benchProgram(name: string): string {
  return join(here, `${name}${extname(import.meta.filename)}`);
}
