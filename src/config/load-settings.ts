import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import convict from 'convict';
import { parseDocument } from 'yaml';
import type { KernelSettings } from '../kernel.ts';
import type { LocalDetector } from '../masquerade/local-detector.ts';
import { Cidr } from '../net/cidr.ts';
import type { NodePortAddresses } from '../translate/node-addresses.ts';
import { isScheduler } from '../translate/scheduler.ts';
import type { TranslationSettings } from '../translate/translate-service.ts';
import { parseGoDuration } from './go-duration.ts';
import { defaultScheduler, schema } from './schema.ts';

/** Everything that configures a run, whatever it came from. */
export interface Settings {
  /** The name of this Node in the cluster. */
  readonly nodeName: string;
  /** Undefined for the credentials of the Pod, or kubectl's default. */
  readonly kubeconfig: string | undefined;
  readonly nodePortAddresses: NodePortAddresses;
  readonly translation: TranslationSettings;
  readonly kernel: KernelSettings;
  /** How often the kernel is read anew and drift repaired, in milliseconds. */
  readonly auditEveryMs: number;
}

/** What the command line says; it goes before the file. */
export interface Flags {
  readonly config?: string;
  readonly nodeName?: string;
  readonly kubeconfig?: string;
}

/** The configuration cannot be used; the message names every wrong field. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const apiVersion = 'kubeproxy.config.k8s.io/v1alpha1';
const kind = 'KubeProxyConfiguration';

/** kube-proxy's default, which `syncPeriod: 0s` means too. */
const defaultAuditEveryMs = 30_000;

/**
 * Settings from the file that `--config` names, where there is one, and the flags. Raises
 * ConfigurationError. `onIgnored` hears of the fields of the file that have no effect.
 */
export async function loadSettings(
  flags: Flags,
  onIgnored: (fields: readonly string[]) => void,
): Promise<Settings> {
  const file = flags.config;
  const document = file === undefined ? {} : parseFile(file, await readText(file));
  return settingsFrom(document, file ?? '', flags, onIgnored);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${file}: cannot be read: ${messageOf(error)}`);
  }
}

/** Reads the text of a configuration file. Raises ConfigurationError. */
export function parseFile(file: string, text: string): object {
  const document = parseYaml(file, text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ConfigurationError(`${file}: must hold a ${kind}`);
  }
  for (const [field, allowed] of Object.entries({ apiVersion, kind })) {
    // The document is an object of unknown fields, of which this reads one.
    const value = (document as Record<string, unknown>)[field];
    if (value !== allowed) {
      throw new ConfigurationError(
        `${file}: ${field} is ${value === undefined ? 'missing' : JSON.stringify(value)}; allowed is ${allowed}`,
      );
    }
  }
  return document;
}

function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS') {
    throw new ConfigurationError(`${file}: must hold one document, a ${kind}, and nothing else`);
  }
  if (error !== undefined) {
    // The first line says what is wrong and where, the others draw it.
    const reason = (error.message.split('\n')[0] ?? '').replace(/:$/, '');
    throw new ConfigurationError(`${file}: is no YAML: ${reason}`);
  }
  try {
    return document.toJS();
  } catch (error) {
    // Aliases without an anchor, or too many of them.
    throw new ConfigurationError(`${file}: is no YAML: ${messageOf(error)}`);
  }
}

/** Settings from a parsed document and the flags. Raises ConfigurationError with every wrong field. */
export function settingsFrom(
  document: object,
  file: string,
  flags: Flags,
  onIgnored: (fields: readonly string[]) => void,
): Settings {
  const config = convict(schema);
  const { apiVersion: _apiVersion, kind: _kind, ...fields } = document as Record<string, unknown>;
  const { sound, errors } = withoutWrongSections(withoutNulls(fields));
  config.load(sound);
  try {
    const ignored: string[] = [];
    config.validate({
      allowed: 'warn',
      output: (message) => {
        ignored.push(...fieldsIn(message));
      },
    });
    if (ignored.length > 0) {
      onIgnored(ignored);
    }
  } catch (error) {
    errors.push(...messageOf(error).split('\n').map(inOurWords));
  }
  if (errors.length > 0) {
    throw new ConfigurationError(errors.map((line) => `${file}: ${line}`).join('\n'));
  }
  const scheduler = config.get('ipvs.scheduler');
  const kubeconfig = flags.kubeconfig ?? config.get('clientConnection.kubeconfig');
  return {
    nodeName: nodeNameFrom(flags.nodeName ?? config.get('hostnameOverride')),
    kubeconfig: kubeconfig === '' ? undefined : kubeconfig,
    nodePortAddresses: nodePortAddressesFrom(config.get('nodePortAddresses')),
    translation: {
      scheduler: isScheduler(scheduler) ? scheduler : defaultScheduler,
      drainTimeoutMs: parseGoDuration(config.get('kubeIpvs.drainTimeout')),
      externalIPs: cidrsFrom(config.get('kubeIpvs.externalIPCIDRs')),
    },
    kernel: {
      chains: {
        masqueradeAll: config.get('iptables.masqueradeAll'),
        masqueradeBit: config.get('iptables.masqueradeBit'),
        local: localDetectorFrom(config.get('clusterCIDR')),
        randomFully: true,
      },
      iptables: iptablesFrom(config.get('kubeIpvs.iptablesVariant')),
      strictArp: config.get('ipvs.strictARP'),
    },
    auditEveryMs: auditPeriod(config.get('ipvs.syncPeriod')),
  };
}

function localDetectorFrom(clusterCidr: string): LocalDetector {
  return clusterCidr === ''
    ? { kind: 'none' }
    : { kind: 'ranges', ranges: cidrsFrom(clusterCidr.split(',').map((range) => range.trim())) };
}

/** The schema has let only these words through. */
function iptablesFrom(variant: string): KernelSettings['iptables'] {
  return variant === 'legacy' || variant === 'nft' ? variant : 'auto';
}

function nodePortAddressesFrom(entries: readonly string[]): NodePortAddresses {
  if (entries.length === 0) {
    return { kind: 'all' };
  }
  return entries.includes('primary')
    ? { kind: 'primary' }
    : { kind: 'ranges', ranges: cidrsFrom(entries) };
}

/** The schema has let only CIDRs through. */
function cidrsFrom(entries: readonly string[]): readonly Cidr[] {
  return entries.map((entry) => Cidr.parse(entry)).filter((cidr) => cidr !== undefined);
}

/** Zero means the default, as with kube-proxy. */
function auditPeriod(duration: string): number {
  const ms = parseGoDuration(duration);
  return ms === undefined || ms === 0 ? defaultAuditEveryMs : ms;
}

/** As kube-proxy does it (pkg/util/node GetHostname): without blanks, in lower case. */
function nodeNameFrom(override: string): string {
  const name = (override === '' ? hostname() : override).trim().toLowerCase();
  if (name === '') {
    throw new ConfigurationError('the name of the Node is empty: give it with --node-name');
  }
  return name;
}

/** The fields that a warning of the library is about: `configuration param 'a.b' not declared in ...`. */
function fieldsIn(warning: string): string[] {
  return [...warning.matchAll(/'(.+)' not declared/g)].map((match) => match[1] ?? '');
}

/** From `field: reason: value was 5` to the form of all other errors: field, value, what is allowed. */
function inOurWords(message: string): string {
  return message.replace(/^(\S+): (.*): value was (.*)$/, '$1 is $3; $2');
}

/** Without the sections that are no mappings, which the library's own message would not say. */
function withoutWrongSections(fields: Record<string, unknown>): {
  readonly sound: Record<string, unknown>;
  readonly errors: string[];
} {
  const errors: string[] = [];
  const sound = Object.entries(fields).filter(([name, value]) => {
    const isWrong = isSection(name) && (typeof value !== 'object' || Array.isArray(value));
    if (isWrong) {
      errors.push(`${name} is ${JSON.stringify(value)}; must be a mapping of fields`);
    }
    return !isWrong;
  });
  return { sound: Object.fromEntries(sound), errors };
}

function isSection(name: string): boolean {
  return Object.hasOwn(schema, name) && !('format' in schema[name as keyof typeof schema]);
}

/** `null` in YAML means that the field is not set. */
function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [
        name,
        typeof value === 'object' && !Array.isArray(value)
          ? // Not null, no array: an object of unknown fields.
            withoutNulls(value as Record<string, unknown>)
          : value,
      ]),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
