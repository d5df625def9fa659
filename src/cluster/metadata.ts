import { isObject, type FieldReader } from './fields.ts';
import { dnsLabel, dnsSubdomain, type NameRule } from './names.ts';

export type Kind = 'Service' | 'EndpointSlice' | 'Node';

/** The rule for the name of each kind. */
export const nameRules: Readonly<Record<Kind, NameRule>> = {
  Service: dnsLabel,
  EndpointSlice: dnsSubdomain,
  Node: dnsSubdomain,
};

const defaultNamespace = 'default';

/** `Service default/web`, or `Service` alone where its name is not fit to be shown. */
export function describeObject(kind: Kind, raw: unknown): string {
  const identity = identify(kind, raw);
  if (identity === undefined) {
    return kind;
  }
  return kind === 'Node'
    ? `Node ${identity.name}`
    : `${kind} ${identity.namespace}/${identity.name}`;
}

/** Namespace and name where both are valid; quiet otherwise. */
export function identify(
  kind: Kind,
  raw: unknown,
): { readonly namespace: string; readonly name: string } | undefined {
  const metadata = isObject(raw) ? raw['metadata'] : undefined;
  if (!isObject(metadata)) {
    return undefined;
  }
  const name = metadata['name'];
  const namespace = metadata['namespace'] ?? defaultNamespace;
  return isFit(name, nameRules[kind]) && isFit(namespace, dnsLabel)
    ? { namespace, name }
    : undefined;
}

function isFit(value: unknown, rule: NameRule): value is string {
  return typeof value === 'string' && rule.fits(value);
}

/** The name; undefined, and a problem, where there is no valid one. */
export function readName(metadata: FieldReader, kind: Kind): string | undefined {
  const name = metadata.raw('name');
  if (isFit(name, nameRules[kind])) {
    return name;
  }
  metadata.reject('name', nameRules[kind].allowed);
  return undefined;
}

/** The namespace, `default` where there is none; undefined, and a problem, when it is not valid. */
export function readNamespace(metadata: FieldReader): string | undefined {
  const namespace = metadata.raw('namespace') ?? defaultNamespace;
  if (isFit(namespace, dnsLabel)) {
    return namespace;
  }
  metadata.reject('namespace', dnsLabel.allowed);
  return undefined;
}

/** `creationTimestamp` in milliseconds since 1970; 0 where there is none. */
export function readCreatedAt(metadata: FieldReader): number {
  const text = metadata.string('creationTimestamp');
  if (text === undefined) {
    return 0;
  }
  const createdAt = Date.parse(text);
  if (Number.isNaN(createdAt)) {
    metadata.reject('creationTimestamp', 'must be a time like 2026-01-31T12:00:00Z');
    return 0;
  }
  return createdAt;
}
