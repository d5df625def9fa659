import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';
import { annotationPrefixes } from './annotation-names.ts';
import { FieldReader, ProblemLog, withUnread, type Parsed } from './fields.ts';
import { describeObject, readCreatedAt, readName, readNamespace } from './metadata.ts';
import type { Service, ServicePort, SessionAffinity, TrafficPolicy } from './objects.ts';
import { portAllowed, readPort } from './parse-port.ts';
import { specialAddress } from '../net/special-address.ts';

const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';
const serviceTypes = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
const trafficPolicies: readonly TrafficPolicy[] = ['Cluster', 'Local'];

/** Kubernetes: DefaultClientIPServiceAffinitySeconds and MaxClientIPServiceAffinitySeconds. */
const defaultAffinitySeconds = 10_800;
const mostAffinitySeconds = 86_400;

type Reject = (allowed: string) => void;

const noAffinity: SessionAffinity = Object.freeze({ kind: 'None' });
const noAnnotations: ReadonlyMap<string, string> = new Map();
const noAddresses: readonly IpAddress[] = Object.freeze([]);

/**
 * Reduces a Service as the API server or a manifest has it. No value, and a problem,
 * when its name or namespace is not valid; anything else that is wrong costs that
 * port, address, annotation or setting alone.
 */
export function parseService(raw: unknown, origin?: string): Parsed<Service> {
  const log = new ProblemLog(describeObject('Service', raw), origin);
  const root = FieldReader.root(raw, log);
  const value = root === undefined ? undefined : readService(root);
  return { value: withUnread(value, log), problems: log.problems };
}

function readService(root: FieldReader): Service | undefined {
  const metadata = root.object('metadata');
  const name = readName(metadata, 'Service');
  const namespace = readNamespace(metadata);
  if (name === undefined || namespace === undefined) {
    return undefined;
  }
  const spec = root.object('spec');
  const loadBalancerIPs = readLoadBalancerIPs(root.object('status').object('loadBalancer'));
  const service: Service = {
    namespace,
    name,
    uid: metadata.string('uid') ?? '',
    createdAt: readCreatedAt(metadata),
    annotations: readAnnotations(metadata.object('annotations')),
    proxyName: metadata.object('labels').string(proxyNameLabel),
    clusterIPs: readClusterIPs(spec),
    externalIPs: readExternalIPs(spec),
    loadBalancerIPs: loadBalancerIPs.vips,
    loadBalancerSourceRanges: readSourceRanges(spec),
    ports: readPorts(spec),
    internalTrafficPolicy: spec.oneOf('internalTrafficPolicy', trafficPolicies) ?? 'Cluster',
    externalTrafficPolicy: spec.oneOf('externalTrafficPolicy', trafficPolicies) ?? 'Cluster',
    healthCheckNodePort: readHealthCheckNodePort(spec),
    sessionAffinity: readSessionAffinity(spec),
  };
  return withRareFields(service, spec, loadBalancerIPs.ofProxies);
}

/** What hardly any Service has takes no memory in the others. */
function withRareFields(
  service: Service,
  spec: FieldReader,
  ofProxies: readonly IpAddress[] | undefined,
): Service {
  const isExternalName = spec.raw('type') === 'ExternalName';
  return ofProxies === undefined && !isExternalName
    ? service
    : {
        ...service,
        ...(ofProxies === undefined ? {} : { loadBalancerIPsOfProxies: ofProxies }),
        ...(isExternalName ? { isExternalName } : {}),
      };
}

function readAnnotations(annotations: FieldReader): ReadonlyMap<string, string> {
  let kept: Map<string, string> | undefined;
  for (const key of annotations.names()) {
    if (annotationPrefixes.some((prefix) => key.startsWith(prefix))) {
      const value = annotations.string(key);
      if (value !== undefined) {
        kept ??= new Map();
        kept.set(key, value);
      }
    }
  }
  return kept ?? noAnnotations;
}

function readClusterIPs(spec: FieldReader): readonly IpAddress[] {
  if (spec.oneOf('type', serviceTypes) === 'ExternalName') {
    return noAddresses;
  }
  if (spec.has('clusterIPs')) {
    return readClusterIPList(spec);
  }
  const address = readClusterIP(spec.string('clusterIP') ?? '', (allowed) => {
    spec.reject('clusterIP', allowed);
  });
  return address === undefined ? noAddresses : [address];
}

function readClusterIPList(spec: FieldReader): readonly IpAddress[] {
  const seen = new Set<string>();
  return spec.strings('clusterIPs', (text, reject) => {
    const address = readClusterIP(text, reject);
    if (address === undefined) {
      return undefined;
    }
    if (seen.has(address.text)) {
      reject('must not be listed twice');
    }
    seen.add(address.text);
    return address;
  });
}

function readClusterIP(text: string, reject: Reject): IpAddress | undefined {
  if (text === '' || text === 'None') {
    return undefined;
  }
  return readVip(text, 'must be an IP address, None or empty', reject);
}

function readExternalIPs(spec: FieldReader): readonly IpAddress[] {
  return spec.strings('externalIPs', (text, reject) => {
    const address = readVip(text, 'must be an IP address', reject);
    if (address !== undefined && specialAddress(address) === 'link-local') {
      reject('must be the address of one host: it is link-local');
    }
    return address;
  });
}

interface LoadBalancerIPs {
  readonly vips: readonly IpAddress[];
  /** Those of `ipMode: Proxy`; undefined where there are none. */
  readonly ofProxies: readonly IpAddress[] | undefined;
}

/** An ingress with a host name alone has nothing to be programmed (KEP-1860 for `ipMode`). */
function readLoadBalancerIPs(loadBalancer: FieldReader): LoadBalancerIPs {
  let ofProxies: IpAddress[] | undefined;
  const vips = loadBalancer.list('ingress', (ingress) => {
    const text = ingress.string('ip');
    const mode = ingress.oneOf('ipMode', ['VIP', 'Proxy'] as const) ?? 'VIP';
    if (text === undefined || text === '') {
      return undefined;
    }
    if (mode === 'Proxy') {
      // It is kept for the reason alone: one that cannot be read costs nothing.
      const address = IpAddress.parse(text);
      if (address !== undefined) {
        ofProxies ??= [];
        ofProxies.push(address);
      }
      return undefined;
    }
    return readVip(text, 'must be an IP address', (allowed) => {
      ingress.reject('ip', allowed);
    });
  });
  return { vips, ofProxies };
}

/**
 * A range that cannot be read is left out. Where all are, nobody is let through: that is safer
 * than everybody.
 */
function readSourceRanges(spec: FieldReader): readonly Cidr[] | undefined {
  const given = spec.raw('loadBalancerSourceRanges');
  if (!Array.isArray(given) || given.length === 0) {
    return undefined;
  }
  return spec.strings('loadBalancerSourceRanges', (text, reject) => {
    const range = Cidr.parse(text.trim());
    if (range === undefined) {
      reject('must be a CIDR such as 192.0.2.0/24');
    }
    return range;
  });
}

/** Link-local addresses are let through where the API server does so too. */
function readVip(text: string, allowed: string, reject: Reject): IpAddress | undefined {
  const address = IpAddress.parse(text);
  if (address === undefined) {
    reject(allowed);
    return undefined;
  }
  const special = specialAddress(address);
  if (special !== undefined && special !== 'link-local') {
    reject(`must be the address of one host: it is ${special}`);
    return undefined;
  }
  return address;
}

/** The API server clears it with 0 when the policy changes. */
function readHealthCheckNodePort(spec: FieldReader): number | undefined {
  const port = spec.integer('healthCheckNodePort', 0, 65_535);
  return port === 0 ? undefined : port;
}

function readPorts(spec: FieldReader): readonly ServicePort[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  return spec.list('ports', (element) => {
    const { name, protocol, port } = readPort(element);
    if (port === undefined) {
      if (!element.has('port')) {
        element.reject('port', portAllowed);
      }
      return undefined;
    }
    const number = `${port}/${protocol}`;
    if (numbers.has(number)) {
      element.reject('port', `must not be used twice with the protocol ${protocol}`);
    } else if (names.has(name)) {
      element.reject('name', 'must differ from the names of the ports before');
    }
    names.add(name);
    numbers.add(number);
    const nodePort = element.integer('nodePort', 0, 65_535);
    return { name, protocol, port, nodePort: nodePort === 0 ? undefined : nodePort };
  });
}

function readSessionAffinity(spec: FieldReader): SessionAffinity {
  if (spec.oneOf('sessionAffinity', ['None', 'ClientIP'] as const) !== 'ClientIP') {
    return noAffinity;
  }
  const clientIP = spec.object('sessionAffinityConfig').object('clientIP');
  const timeoutSeconds = clientIP.integer('timeoutSeconds', 1, mostAffinitySeconds);
  return { kind: 'ClientIP', timeoutSeconds: timeoutSeconds ?? defaultAffinitySeconds };
}
