import { IpAddress, type IpFamily } from '../net/ip-address.ts';
import { FieldReader, ProblemLog, withUnread, type Parsed } from './fields.ts';
import { intern } from './intern.ts';
import { describeObject, readName, readNamespace } from './metadata.ts';
import { dnsLabel } from './names.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from './objects.ts';
import { readPort } from './parse-port.ts';
import { readWeight } from './read-weight.ts';

const serviceNameLabel = 'kubernetes.io/service-name';
const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';
const headlessLabel = 'service.kubernetes.io/headless';

/**
 * Reduces an EndpointSlice. A slice that is not for us (addressType FQDN, no Service
 * named by its label, the label of headless Services) has no value and no problem.
 * No value, and a problem, when name, namespace, Service name or addressType is not
 * valid; anything else that is wrong costs that port or endpoint alone.
 */
export function parseEndpointSlice(raw: unknown, origin?: string): Parsed<EndpointSlice> {
  const log = new ProblemLog(describeObject('EndpointSlice', raw), origin);
  const root = FieldReader.root(raw, log);
  const value = root === undefined ? undefined : readSlice(root);
  return { value: withUnread(value, log), problems: log.problems };
}

function readSlice(root: FieldReader): EndpointSlice | undefined {
  const metadata = root.object('metadata');
  const name = readName(metadata, 'EndpointSlice');
  const namespace = readNamespace(metadata);
  if (name === undefined || namespace === undefined) {
    return undefined;
  }
  const serviceName = readServiceName(metadata.object('labels'));
  const family = serviceName === undefined ? undefined : readFamily(root);
  if (serviceName === undefined || family === undefined) {
    return undefined;
  }
  const annotations = metadata.object('annotations');
  return {
    namespace,
    name,
    serviceName,
    family,
    triggeredAt: readTriggeredAt(annotations),
    weight: readWeight(annotations),
    ports: readPorts(root),
    endpoints: root.list('endpoints', (element) => readEndpoint(element, family)),
  };
}

/** A time that cannot be read only costs a measurement. */
function readTriggeredAt(annotations: FieldReader): number | undefined {
  const text = annotations.raw(triggerTimeAnnotation);
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function readServiceName(labels: FieldReader): string | undefined {
  if (labels.has(headlessLabel)) {
    return undefined;
  }
  const serviceName = labels.string(serviceNameLabel) ?? '';
  if (serviceName === '') {
    return undefined;
  }
  if (!dnsLabel.fits(serviceName)) {
    labels.reject(serviceNameLabel, dnsLabel.allowed);
    return undefined;
  }
  return serviceName;
}

function readFamily(root: FieldReader): IpFamily | undefined {
  if (!root.has('addressType')) {
    root.reject('addressType', 'must be IPv4, IPv6 or FQDN');
    return undefined;
  }
  const addressType = root.oneOf('addressType', ['IPv4', 'IPv6', 'FQDN'] as const);
  return addressType === 'FQDN' ? undefined : addressType;
}

/** A port without a number means all ports (a wildcard that no Service port matches). */
function readPorts(root: FieldReader): readonly EndpointPort[] {
  const names = new Set<string>();
  return root.list('ports', (element) => {
    const { name, protocol, port } = readPort(element);
    if (port === undefined) {
      return undefined;
    }
    if (names.has(name)) {
      element.reject('name', 'must differ from the names of the ports before');
    }
    names.add(name);
    return { name: intern(name), protocol, port };
  });
}

function readEndpoint(element: FieldReader, family: IpFamily): Endpoint | undefined {
  const address = readAddress(element, family);
  const conditions = element.object('conditions');
  const hints = element.object('hints');
  const ready = conditions.boolean('ready') ?? true;
  const nodeName = element.string('nodeName');
  const zone = element.raw('zone');
  const podName = readPodName(element);
  const hintedZones = readHints(hints, 'forZones');
  const hintedNodes = readHints(hints, 'forNodes');
  const serving = conditions.boolean('serving') ?? ready;
  const terminating = conditions.boolean('terminating') ?? false;
  if (address === undefined) {
    return undefined;
  }
  // One literal: with a spread each endpoint of the cluster takes 48 bytes more.
  return {
    address,
    ready,
    serving,
    terminating,
    nodeName: nodeName === undefined ? undefined : intern(nodeName),
    zone: typeof zone === 'string' ? intern(zone) : undefined,
    podName,
    hintedZones,
    hintedNodes,
  };
}

/** What an endpoint stands for is shown and nothing else: a reference that cannot be read is none. */
function readPodName(element: FieldReader): string | undefined {
  const target = element.raw('targetRef');
  const isPod =
    typeof target === 'object' && target !== null && 'kind' in target && target.kind === 'Pod';
  return isPod && 'name' in target && typeof target.name === 'string' ? target.name : undefined;
}

function readHints(hints: FieldReader, field: 'forZones' | 'forNodes'): readonly string[] {
  return hints.list(field, (hint) => {
    const name = hint.string('name');
    return name === undefined ? undefined : intern(name);
  });
}

/** The first address counts; kube-proxy does the same. */
function readAddress(element: FieldReader, family: IpFamily): IpAddress | undefined {
  const found = element.raw('addresses');
  if (found === undefined || (Array.isArray(found) && found.length === 0)) {
    element.reject('addresses', 'must hold an IP address');
    return undefined;
  }
  const [first] = element.strings('addresses', (text, reject) => ({ text, reject }));
  return first === undefined ? undefined : parseAddress(first.text, family, first.reject);
}

function parseAddress(
  text: string,
  family: IpFamily,
  reject: (allowed: string) => void,
): IpAddress | undefined {
  const address = IpAddress.parse(text);
  if (address?.family !== family) {
    reject(`must be an ${family} address, as the slice's addressType says`);
    return undefined;
  }
  return address;
}
