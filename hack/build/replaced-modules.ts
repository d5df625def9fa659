import type { Plugin } from 'esbuild';

/** A module of a package for which this program has no use, and what stands in its place. */
interface ReplacedModule {
  /** As it is imported. */
  readonly name: RegExp;
  /** The files that import it. */
  readonly importers: RegExp;
  readonly text: string;
}

const replaced: readonly ReplacedModule[] = [
  // The command line is commander's: src/config gives convict no arguments.
  {
    name: /^yargs-parser$/,
    importers: /\/convict\/src\/main\.js$/,
    text: `module.exports = (args) => {
      if (args.length > 0) throw new Error('the parser of arguments is not in this bundle');
      return {};
    };`,
  },
  // The log is written by this thread.
  {
    name: /^\.\/(lib\/)?transport$/,
    importers: /\/pino\/(pino|lib\/tools)\.js$/,
    text: `module.exports = () => { throw new Error('transports of pino are not in this bundle'); };`,
  },
  {
    name: /^worker_threads$/,
    importers: /\/pino\/lib\/tools\.js$/,
    text: 'exports.isMainThread = true;',
  },
];

/**
 * Puts a line in the place of modules that would be read, compiled and run at each start and never be
 * asked for anything. The build fails where a package has ceased to import one of them.
 */
export function replacedModules(): Plugin {
  return {
    name: 'replaced-modules',
    setup(build) {
      const namespace = 'replaced-module';
      const found = new Set<ReplacedModule>();
      for (const module of replaced) {
        build.onResolve({ filter: module.name }, ({ path, importer }) => {
          if (!module.importers.test(importer)) {
            return undefined;
          }
          found.add(module);
          return { path, namespace, pluginData: module.text };
        });
      }
      build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({
        contents: String(pluginData),
        loader: 'js',
      }));
      build.onEnd(() => ({
        errors: replaced
          .filter((module) => !found.has(module))
          .map(({ name }) => ({
            text: `nothing imports ${String(name)}, which is to be replaced`,
          })),
      }));
    },
  };
}
