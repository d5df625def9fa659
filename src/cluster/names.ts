import type { ObjectKey } from './objects.ts';

/** A rule for names: what fits it, and how to say so. */
export interface NameRule {
  readonly allowed: string;
  fits(text: string): boolean;
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${label}(\\.${label})*$`);

/**
 * RFC 1123 label: namespaces, port names and Services. (Services were bound to the
 * narrower RFC 1035 label up to Kubernetes 1.33; a leading digit does no harm here.)
 */
export const dnsLabel: NameRule = {
  allowed: 'must be 1 to 63 lower-case letters, digits and -, and not start or end with -',
  fits: (text) => text.length <= 63 && labelPattern.test(text),
};

/**
 * The key of the Service that somebody names: `default/web`, or `web` of the namespace given. Undefined
 * where the text is no name of a Service.
 */
export function parseServiceKey(text: string, namespace = 'default'): ObjectKey | undefined {
  const key = text.includes('/') ? text : `${namespace}/${text}`;
  const parts = key.split('/');
  return parts.length === 2 && parts.every((part) => dnsLabel.fits(part)) ? key : undefined;
}

/** RFC 1123 subdomain: EndpointSlices and Nodes. */
export const dnsSubdomain: NameRule = {
  allowed:
    'must be 1 to 253 lower-case letters, digits, - and ., and no part may start or end with -',
  fits: (text) => text.length <= 253 && subdomainPattern.test(text),
};
