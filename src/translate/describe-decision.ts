import type { Endpoint, EndpointPort, ServicePort } from '../cluster/objects.ts';
import { formatEndpoint } from '../net/ip-address.ts';
import { formatMark } from '../net/mark-mask.ts';
import { formatPortRange, type PortRange } from '../net/port-range.ts';
import type { Protocol } from '../net/protocol.ts';
import type {
  AddressDecision,
  Decision,
  EndpointDecision,
  EndpointFate,
  FrontEndDecision,
  FrontEndFate,
  PortRangeDecision,
  ServiceFate,
} from './decisions.ts';
import type { Traffic } from './front-end.ts';
import { formatEndpointRefusal } from './refused-endpoints.ts';
import type { WeightRule } from './weight-rule.ts';
import { formatVipRefusal } from './refused-vips.ts';

/** A decision as an operator reads it, in one line; its Service is named by whoever prints it. */
export function describeDecision(decision: Decision): string {
  switch (decision.about) {
    case 'Service':
      return describeServiceFate(decision.fate);
    case 'address':
      return `${decision.kind} ${decision.address.text}: ${describeAddressFate(decision)}`;
    case 'front end':
      return describeFrontEnd(decision);
    case 'port range':
      return describePortRange(decision);
    case 'endpoint':
      return describeEndpoint(decision);
  }
}

/** Whether a Service becomes anything here, and why not. */
export function describeServiceFate(fate: ServiceFate): string {
  switch (fate.kind) {
    case 'served':
      return 'served';
    case 'left to another proxy':
      return `not served: the label service.kubernetes.io/service-proxy-name leaves it to the proxy "${fate.proxyName}"`;
    case 'ExternalName':
      return 'not served: it is of type ExternalName, a name in DNS alone';
    case 'headless':
      return 'not served: it is headless, clients connect to its Pods themselves';
    case 'without ports':
      return 'not served: it has no port';
  }
}

function describeAddressFate(decision: AddressDecision): string {
  const { fate } = decision;
  switch (fate.kind) {
    case 'bound':
      return 'bound on kube-ipvs0';
    case 'on another link':
      return 'served, not bound on kube-ipvs0: another link of this node has it';
    case 'ipMode Proxy':
      return 'left to the load balancer: its ipMode is Proxy';
    case 'refused':
      return `refused: it ${formatVipRefusal(fate.why)}`;
    case 'another family':
      return `not served: the Service has no cluster IP of ${decision.address.family}`;
    case 'repeated':
      return fate.countsAs === decision.kind
        ? 'listed twice: it counts once'
        : `counts as ${fate.countsAs}, as which it is listed too`;
  }
}

function describeFrontEnd({ protocol, frontEnd, fate }: FrontEndDecision): string {
  const where =
    'address' in frontEnd
      ? `${formatEndpoint(frontEnd.address, frontEnd.port)} (${frontEnd.kind})`
      : `${frontEnd.port} (node port, ${frontEnd.family})`;
  return `${protocol} ${where}: ${describeFrontEndFate(fate)}`;
}

/** What becomes of a front end, without saying which one it is. */
export function describeFrontEndFate(fate: FrontEndFate): string {
  switch (fate.kind) {
    case 'served':
      return 'served';
    case 'served with the port ranges':
      return 'served with the port ranges, so that a client has one Pod across ports';
    case 'left to the API server':
      return 'left to the API server, which answers there on this node';
    case 'claimed by an older Service':
      return `owned by Service ${fate.service} (older); taken over when that one is deleted`;
    case 'no node address':
      return 'not served: this node has no address of that family in nodePortAddresses';
  }
}

function describePortRange(decision: PortRangeDecision): string {
  const { kind, address, protocol, ports } = decision;
  return `${formatPorts(ports, protocol)} at ${address.text} (${kind}): ${describePortRangeFate(decision)}`;
}

/** `5060,10000-20000/UDP` */
export function formatPorts(ports: readonly PortRange[], protocol: Protocol): string {
  return `${ports.map(formatPortRange).join(',')}/${protocol}`;
}

/** What becomes of ports, without saying which ones they are. */
function describePortRangeFate({ fate, mark }: PortRangeDecision): string {
  switch (fate.kind) {
    case 'served':
      return `served, by the packet mark ${formatMark(mark ?? 0)}`;
    case 'no free mark':
      return 'not served: no packet mark is free, kubeIpvs.portRangeMarks has too few bits for all Services';
    case 'address of the node':
      return 'not served: it is an address of this node, whose own listeners they would hide';
    case 'ordinary ports':
      return fate.service === undefined
        ? 'ordinary ports of the Service, which have virtual servers of their own'
        : `ordinary ports of Service ${fate.service}, which have virtual servers of their own`;
    case 'claimed by an older Service':
      return `owned by Service ${fate.service} (older); taken over when that one is deleted or has them no longer`;
  }
}

function describeEndpoint(decision: EndpointDecision): string {
  const { port, traffic, slice } = decision;
  return `port ${formatPort(port)}, ${traffic} traffic: ${formatDecidedEndpoint(decision)} of EndpointSlice ${slice}: ${describeFateOfEndpoint(decision)}`;
}

/** `10.244.0.7:8080`, or the address alone where its slice has no such port. */
export function formatDecidedEndpoint({ endpoint, targetPort }: EndpointDecision): string {
  return targetPort === undefined
    ? endpoint.address.text
    : formatEndpoint(endpoint.address, targetPort);
}

/** What became of an endpoint, for a reader who knows which one it is: `not used: not ready`. */
export function describeFateOfEndpoint(decision: EndpointDecision): string {
  return describeEndpointFate(decision.fate, decision);
}

/** What becomes of an endpoint, without saying which one it is. */
export function describeEndpointFate(
  fate: EndpointFate,
  { traffic, endpoint, slice, port }: EndpointDecision,
): string {
  switch (fate.kind) {
    case 'used':
      return describeUsed(fate, traffic);
    case 'weight 0':
      return `not used: weight 0 ${describeWeightRule(fate.by)}, and others have more`;
    case 'not ready':
      return `not used: ${endpoint.terminating ? 'terminating, and no longer serving' : 'not ready'}`;
    case 'terminating while others are ready':
      return 'not used: terminating, while others are ready';
    case 'on another node':
      return `not used: ${policyOf(traffic)} is Local, and it is on ${nodeOf(endpoint)}`;
    case 'hinted elsewhere':
      return `not used: its topology hints are for ${fate.to} ${fate.names.join(', ')}`;
    case 'repeated':
      return describeRepeated(fate.countsIn, slice);
    case 'refused':
      return `refused: its address is ${formatEndpointRefusal(fate.why)}`;
    case 'no such port':
      return `not used: its slice has no ${port.protocol} port ${formatName(port)}, but ${formatSlicePorts(fate.ports)}`;
    case 'another family':
      return `not used: the Service has no cluster IP of ${endpoint.address.family}`;
  }
}

function describeUsed(
  { because, onlyForThisNode, weight }: Extract<EndpointFate, { readonly kind: 'used' }>,
  traffic: Traffic,
): string {
  const ready = because === 'ready' ? 'ready' : 'terminating but serving, and none is ready';
  const why =
    weight === undefined
      ? ready
      : `${ready}, weight ${weight.weight} ${describeWeightRule(weight.by)}`;
  return onlyForThisNode
    ? `used for Pods of this node alone: ${why}; ${policyOf(traffic)} is Local, and no endpoint here can be used`
    : `used: ${why}`;
}

/** `by its Node node-b`, `by locality same-zone` */
export function describeWeightRule(by: WeightRule): string {
  switch (by.kind) {
    case 'EndpointSlice':
      return `by EndpointSlice ${by.slice}`;
    case 'Node':
      return `by its Node ${by.node}`;
    case 'locality':
      return `by locality ${by.locality}`;
    case 'usual':
      return 'since no rule names another';
    case 'nothing else':
      return 'since all that could be used have weight 0';
  }
}

function describeRepeated(countsIn: string, slice: string): string {
  return countsIn === slice
    ? 'listed twice by its slice: it counts once, in its better condition'
    : `counts as EndpointSlice ${countsIn} has it, which lists it too`;
}

function nodeOf({ nodeName }: Endpoint): string {
  return nodeName === undefined ? 'no node that its slice names' : `node ${nodeName}`;
}

function policyOf(traffic: Traffic): string {
  switch (traffic) {
    case 'internal':
      return 'internalTrafficPolicy';
    case 'external':
      return 'externalTrafficPolicy';
  }
}

function formatSlicePorts(ports: readonly EndpointPort[]): string {
  return ports.length === 0 ? 'none' : ports.map(formatPort).join(', ');
}

/** `http (TCP 80)`, `TCP 80`. */
export function formatPort({
  name,
  protocol,
  port,
}: Pick<ServicePort, 'name' | 'port'> & { readonly protocol: Protocol }): string {
  const number = `${protocol} ${port}`;
  return name === '' ? number : `${name} (${number})`;
}

function formatName({ name }: Pick<ServicePort, 'name'>): string {
  return name === '' ? 'without a name' : `named "${name}"`;
}
