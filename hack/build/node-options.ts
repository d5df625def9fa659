/**
 * The options of Node.js that the program is started with: by its first line, by the image, and by whoever
 * starts it here. What they are for is in docs/performance.md; the program works without them.
 */
export const nodeOptions: readonly string[] = ['--max-semi-space-size=4'];

/** The first line of the program, for a start by its name. */
export const firstLine = `#!/usr/bin/env -S node ${nodeOptions.join(' ')}`;

/** What Node.js is given to start the program as its name does: the options, and the file. */
export function startArguments(program: string): readonly string[] {
  return [...nodeOptions, program];
}
