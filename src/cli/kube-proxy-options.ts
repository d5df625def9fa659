import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  fieldFlags,
  flagsWithoutEffect,
  portFlags,
  type FlagKind,
  type GivenFlags,
} from '../config/kube-proxy-flags.ts';
import { parseVerbosity } from '../config/verbosity.ts';

const group = "Flags of kube-proxy, which go before the file's fields (docs/configuration.md):";

const flagNames: ReadonlySet<string> = new Set(
  [...fieldFlags, ...portFlags, ...flagsWithoutEffect].map(({ name }) => name),
);

/** The option that chooses a log level by kube-proxy's numbers. */
export function verbosityOption(): Option {
  return new Option('-v, --v <number>', 'what is logged: 4 and 5 debug, from 6 on trace')
    .helpGroup(group)
    .argParser((text) => {
      // pflag takes -v=4 too.
      const verbosity = parseVerbosity(text.replace(/^=/, ''));
      if (verbosity === undefined) {
        throw new InvalidArgumentError('It must be a whole number from 0 on.');
      }
      return verbosity;
    });
}

/** Adds all flags of kube-proxy to a command; those without effect are not shown. */
export function addKubeProxyOptions(command: Command): void {
  for (const { name, kind, field } of fieldFlags) {
    command.addOption(flagOption(name, kind, `sets ${field}`).helpGroup(group));
  }
  for (const { name, kind } of [...portFlags, ...flagsWithoutEffect]) {
    command.addOption(flagOption(name, kind, 'has no effect').hideHelp());
  }
  command.addOption(
    new Option('--master <url>', 'the API server, whatever the kubeconfig says').helpGroup(group),
  );
}

/** The flags of kube-proxy among the options that a command was given, of those that it declares. */
export function givenFlags(
  options: Readonly<Record<string, unknown>>,
  declared: readonly Option[],
): GivenFlags {
  const given = new Map<string, string>();
  for (const option of declared) {
    const value = options[option.attributeName()];
    if (flagNames.has(option.name()) && (value === true || typeof value === 'string')) {
      given.set(option.name(), String(value));
    }
  }
  return given;
}

function flagOption(name: string, kind: FlagKind, description: string): Option {
  switch (kind) {
    case 'truth':
      return new Option(`--${name} [true|false]`, description);
    case 'number':
      return new Option(`--${name} <number>`, description);
    case 'list':
      return new Option(`--${name} <list>`, `${description}; comma separated`).argParser(
        (text: string, before: string | undefined) =>
          before === undefined ? text : `${before},${text}`,
      );
    case 'text':
      return new Option(`--${name} <value>`, description);
  }
}
