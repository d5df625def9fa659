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

/**
 * A program as start.cjs reads it: a text that is a function, which is called with what a module of
 * CommonJS has.
 */
export const programText: BuildOptions = {
  ...nodeBundle,
  banner: { js: '(function (require, module, exports, __dirname) {' },
  footer: { js: '})' },
};
