import { readFileSync } from 'node:fs';

/**
 * The options that Node.js gets where kube-ipvs.js is started by its name, for others to start it in the
 * same way. Raises where its first line has no options.
 */
export function nodeOptionsOf(startFile: string): readonly string[] {
  const [firstLine = ''] = readFileSync(startFile, 'utf8').split('\n');
  const options = /^#!\/usr\/bin\/env -S node (--.*)$/.exec(firstLine)?.[1];
  if (options === undefined) {
    throw new Error(`the first line of ${startFile} has no options for Node.js: '${firstLine}'`);
  }
  return options.split(' ');
}

/** What Node.js is given to start the program as its name does: the options, and the file. */
export function startArguments(startFile: string): readonly string[] {
  return [...nodeOptionsOf(startFile), startFile];
}
