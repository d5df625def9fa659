import type { Plugin } from 'esbuild';

const loader = (architectures: readonly string[]): string => `
const { existsSync } = require('node:fs');
const { join } = require('node:path');
module.exports = () => {
  const file = join(__dirname, 'prebuilds/linux-' + process.arch + '/node.napi.node');
  if (process.platform !== 'linux' || !existsSync(file)) {
    throw new Error(
      'no netlink binding for ' + process.platform + '-' + process.arch + ': ' + file +
      ' is missing; there are bindings for linux on ${architectures.join(', ')}',
    );
  }
  const binding = { exports: {} };
  process.dlopen(binding, file);
  return binding.exports;
};
`;

/**
 * Replaces node-gyp-build, which looks for a native binding in its package's folder, with a loader
 * that takes it from the folder of the bundle.
 *
 * @param architectures those that bindings are shipped for, for the message when there is none
 */
export function napiBinding(architectures: readonly string[]): Plugin {
  return {
    name: 'napi-binding',
    setup(build) {
      const namespace = 'napi-binding';
      build.onResolve({ filter: /^node-gyp-build$/ }, ({ path }) => ({ path, namespace }));
      build.onLoad({ filter: /.*/, namespace }, () => ({
        contents: loader(architectures),
        loader: 'js',
      }));
    },
  };
}
