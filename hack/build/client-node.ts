import type { Plugin } from 'esbuild';

const configModule = '/node_modules/@kubernetes/client-node/dist/config.js';

/** What config.js takes from the modules that are left out. */
const leftOut: ReadonlyMap<string, readonly string[]> = new Map([
  ['./gen/index.js', ['createConfiguration', 'ServerConfiguration']],
  ['undici', ['Agent', 'ProxyAgent']],
]);

/**
 * Leaves the generated API of @kubernetes/client-node out, with the HTTP client that it alone uses:
 * nine tenths of the package. Of it we need KubeConfig, in dist/config.js, and never call the
 * methods of that which make clients of the generated API. esbuild fails the build when config.js
 * imports another name from what is left out.
 */
export function withoutGeneratedApi(): Plugin {
  return {
    name: 'without-generated-api',
    setup(build) {
      const namespace = 'left-out';
      build.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({
        errors: [{ text: 'the whole of @kubernetes/client-node: import its dist/config.js' }],
      }));
      build.onResolve({ filter: /^(\.\/gen\/index\.js|undici)$/ }, ({ path, importer }) =>
        importer.endsWith(configModule) ? { path, namespace } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: (leftOut.get(path) ?? []).map(absent).join(''),
        loader: 'js',
      }));
    },
  };
}

function absent(name: string): string {
  return `export function ${name}() { throw new Error('${name} is not in this bundle'); }\n`;
}
