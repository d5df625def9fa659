import type { BuildOptions } from 'esbuild';

/** What is the same for all that Node.js runs from one file. */
export const nodeBundle: BuildOptions = {
  bundle: true,
  platform: 'node',
  // No ES modules: to import one of Node's modules reads all that it exports, by which node:http
  // loads a WebSocket client.
  format: 'cjs',
  target: 'node24',
};
