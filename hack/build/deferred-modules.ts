import type { Plugin } from 'esbuild';

/** A module that is loaded late: its file beside the bundle, or its name where it is Node's own. */
export interface DeferredModule {
  readonly name: string;
  readonly loadedAs: string;
}

/**
 * Has modules loaded at their first use, not at the start of the program. An importer gets an object
 * with the names that the module exports, the first of which to be read loads the module. Packages
 * have to be imported by names, not by their default export.
 */
export function deferredModules(modules: readonly DeferredModule[]): Plugin {
  return {
    name: 'deferred-modules',
    setup(build) {
      const namespace = 'deferred-module';
      const loadedAs = new Map(modules.map((module) => [module.name, module.loadedAs]));
      build.onResolve({ filter: /.*/, namespace }, ({ path }) => ({ path, external: true }));
      build.onResolve({ filter: /^[@a-z]/ }, ({ path }) => {
        const name = path.replace(/^node:/, '');
        return loadedAs.has(name) ? { path: name, namespace } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace }, async ({ path }) => ({
        contents: stub(loadedAs.get(path) ?? path, await exportsOf(path)),
        loader: 'js',
      }));
    },
  };
}

interface Exports {
  readonly names: readonly string[];
  readonly isFunction: boolean;
}

async function exportsOf(name: string): Promise<Exports> {
  const namespace = (await import(name)) as Readonly<Record<string, unknown>>; // as all namespaces
  const names = Object.keys(namespace).filter(
    (key) => !['__esModule', 'default', 'module.exports'].includes(key),
  );
  return { names, isFunction: typeof namespace['default'] === 'function' };
}

function stub(loadedAs: string, { names, isFunction }: Exports): string {
  const getters = names.map(
    (name) => `  ${name}: { enumerable: true, get: () => load().${name} },`,
  );
  return [
    `const load = () => require('${loadedAs}');`,
    `module.exports = ${isFunction ? '(...values) => load()(...values)' : '{}'};`,
    'Object.defineProperties(module.exports, {',
    ...getters,
    '});',
  ].join('\n');
}
