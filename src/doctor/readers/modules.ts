import type { ModuleState } from '../readers.ts';

/** The texts by which modules are known. */
export interface ModuleTexts {
  /** /proc/modules */
  readonly loaded: string | undefined;
  /** modules.builtin and modules.dep of the kernel's folder in /lib/modules. */
  readonly builtIn: string | undefined;
  readonly dependencies: string | undefined;
  /** The files of modprobe's configuration. */
  readonly configuration: readonly string[];
}

/** What can be said of each module. */
export interface Modules {
  /** Where neither of them is to be seen, nothing can be said of what is not loaded. */
  readonly isFolderSeen: boolean;
  readonly present: ReadonlySet<string>;
  readonly loadable: ReadonlySet<string>;
  readonly blocked: ReadonlySet<string>;
}

/** What guides to hardening write; `blacklist` keeps no module from a program that names it. */
const blocking = /^\s*install\s+(\S+)\s+\S*\/(?:false|true)\b/;

/** Reads the lists of modules. Names have an underscore where files may have a hyphen. Pure. */
export function parseModules(texts: ModuleTexts): Modules {
  const { loaded, builtIn, dependencies, configuration } = texts;
  const names = (text: string | undefined, name: RegExp): readonly string[] =>
    (text ?? '')
      .split('\n')
      .flatMap((line) => name.exec(line)?.[1] ?? [])
      .map((each) => each.replaceAll('-', '_'));
  const file = /([^/\s:]+)\.ko(?:\.\w+)?(?::|\s*$)/;
  return {
    isFolderSeen: builtIn !== undefined || dependencies !== undefined,
    present: new Set([...names(loaded, /^(\S+) /), ...names(builtIn, file)]),
    loadable: new Set(names(dependencies, file)),
    blocked: new Set(configuration.flatMap((text) => names(text, blocking))),
  };
}

/** Pure. */
export function stateOfModule(
  { isFolderSeen, present, loadable, blocked }: Modules,
  name: string,
): ModuleState {
  if (present.has(name)) {
    return 'present';
  }
  if (blocked.has(name)) {
    return 'blocked';
  }
  if (loadable.has(name)) {
    return 'loadable';
  }
  return isFolderSeen ? 'missing' : 'unknown';
}
