import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDockerfile, runCommands, variables } from './dockerfile.ts';

/**
 * For hack/check-image: prints the shell commands of one stage of the Dockerfile, as one script, or the
 * variables that the stage sets, one a line.
 *
 * usage: node hack/image/print-commands.ts INDEX [--variables]   (-1 for the last stage)
 */
const index = Number(process.argv[2]);
const text = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
const stage = parseDockerfile(text).at(index);
if (stage === undefined || runCommands(stage).length === 0) {
  throw new Error(`the Dockerfile has no stage ${String(process.argv[2])} with commands`);
}
if (process.argv[3] === '--variables') {
  console.log(variables(stage).join('\n'));
} else {
  console.log(['set -e', ...runCommands(stage)].join('\n'));
}
