import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { asError } from '../base/as-error.ts';
import type { Problem } from '../base/problem.ts';
import { ConfigurationError } from './configuration-error.ts';
import { flagValues, namesWithoutEffect, type GivenFlags } from './kube-proxy-flags.ts';
import { parseConfiguration, type Document } from './parse-configuration.ts';
import { readValues } from './read-values.ts';
import { settingsFromValues } from './settings-from-values.ts';
import type { Settings } from './settings.ts';
import { sortFields, type UnknownField } from './sort-fields.ts';

export { ConfigurationError } from './configuration-error.ts';
export type { Settings } from './settings.ts';

/** What the command line says; it goes before the file. */
export interface Flags {
  readonly config?: string;
  readonly nodeName?: string;
  readonly kubeconfig?: string;
  /** The URL of the API server. */
  readonly master?: string;
  /** The flags of kube-proxy that set a field, or that have no effect. */
  readonly kubeProxyFlags?: GivenFlags;
}

/** What there is to say about a configuration that can be used. */
export interface ConfigurationListener {
  /** Fields and flags that have no effect; called once at most. */
  withoutEffect(names: readonly string[]): void;
  /** A field that does not exist, in a sentence. */
  unknown(message: string): void;
}

/** Where a process runs, as far as the configuration depends on it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
}

/** Settings from the file that `--config` names, where there is one, and the rest. Throws ConfigurationError. */
export async function loadSettings(
  flags: Flags,
  listener: ConfigurationListener,
): Promise<Settings> {
  const text = flags.config === undefined ? undefined : await readConfiguration(flags.config);
  return settingsFromText(text, flags, listener);
}

/** The text of a configuration file. Throws ConfigurationError. */
export async function readConfiguration(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = asError(error).message;
    throw new ConfigurationError(`${file}: cannot be read: ${reason}`);
  }
}

/** Settings of this process from the text of the file, undefined for none. Throws ConfigurationError. */
export function settingsFromText(
  text: string | undefined,
  flags: Flags,
  listener: ConfigurationListener,
): Settings {
  const document = text === undefined ? {} : parseConfiguration(flags.config ?? '', text);
  const surroundings = { environment: process.env, hostName: hostname() };
  return settingsFrom(document, flags, surroundings, listener);
}

/**
 * Settings from the fields of a document, the environment and the flags, each going before the
 * one named first. Throws ConfigurationError with every wrong field.
 */
export function settingsFrom(
  document: Document,
  flags: Flags,
  { environment, hostName }: Surroundings,
  listener: ConfigurationListener,
): Settings {
  const file = flags.config ?? 'configuration';
  const given: GivenFlags = flags.kubeProxyFlags ?? new Map<string, string>();
  const sorted = sortFields(document, file);
  const { values, problems } = readValues({
    fields: sorted.effective,
    file,
    environment,
    flags: flagValues(given),
  });
  // Before any error: a misspelt field may be the reason for it.
  sorted.unknown.forEach((field) => {
    listener.unknown(unknownMessage(file, field));
  });
  const nodeName = nodeNameFrom(flags.nodeName ?? values.hostnameOverride, hostName);
  const all = [...sorted.problems, ...problems, ...nodeNameProblems(nodeName)];
  if (all.length > 0) {
    throw ConfigurationError.of(all);
  }
  const withoutEffect = [
    ...sorted.withoutEffect,
    ...namesWithoutEffect(given).map((name) => `--${name}`),
  ];
  if (withoutEffect.length > 0) {
    listener.withoutEffect(withoutEffect);
  }
  return settingsFromValues(values, {
    nodeName,
    kubeconfig: textOrNone(flags.kubeconfig ?? values.clientConnection.kubeconfig),
    apiServer: textOrNone(flags.master),
  });
}

/** As kube-proxy does it (pkg/util/node GetHostname): without blanks, in lower case. */
function nodeNameFrom(override: unknown, hostName: string): string {
  return (override === '' || typeof override !== 'string' ? hostName : override)
    .trim()
    .toLowerCase();
}

function nodeNameProblems(nodeName: string): readonly Problem[] {
  const allowed = 'must not be empty: the name of the Node';
  return nodeName === ''
    ? [{ object: 'command line', field: '--node-name', value: nodeName, allowed }]
    : [];
}

function textOrNone(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function unknownMessage(file: string, { field, suggestion }: UnknownField): string {
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `${file}: ${field} is not a field of a KubeProxyConfiguration, and is ignored${hint}`;
}
