import type { Service } from '../../cluster/objects.ts';
import { foreignAtVipAdvice } from '../../desired/foreign-at-vips.ts';
import { holdsPort } from '../../net/port-range.ts';
import { specialAddress } from '../../net/special-address.ts';
import type { Decision } from '../../translate/decisions.ts';
import { formatPorts as formatPortRanges } from '../../translate/describe-decision.ts';
import { stepOf } from './decision-step.ts';
import type { Step } from './explanation.ts';
import { formatDestination, type Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/** Why no Service takes a packet, though some may have to do with its address or port. */
export function whyUnserved(to: Destination, world: ExplainWorld): readonly Step[] {
  const steps = [...relatedDecisions(to, world), ...healthSteps(to, world)];
  return steps.length > 0 ? steps : [addressStep(to, world)];
}

/** A virtual server of somebody else; `isTaken` says whether packets get to it. */
export function foreignSteps(to: Destination, world: ExplainWorld, isTaken: boolean): Step[] {
  const key = formatDestination(to);
  const there = world.kernel?.virtualServer(key);
  if (there === undefined || there.settings.owned) {
    return [];
  }
  return [
    {
      text: isTaken
        ? `the kernel has a virtual server ${key} of somebody else, which takes the packet`
        : `the kernel has a virtual server ${key} of somebody else, which gets nothing: ${foreignAtVipAdvice}`,
    },
  ];
}

/** The ports of the Services that have a VIP. */
export function portsAtVip(to: Destination, world: ExplainWorld): readonly Step[] {
  return servicesAt(to, world).map(({ key, service }) => ({
    text: `${to.address.text} is a VIP of Service ${key}, which has ${formatPorts(service)}${rangesAt(to, key, world)}, and not ${to.protocol} ${to.port}; the node's own listeners do not answer at a VIP`,
    object: `Service ${key}`,
    field: 'spec.ports',
  }));
}

interface Keyed {
  readonly key: string;
  readonly service: Service;
}

function* allServices({ store }: ExplainWorld): Generator<Keyed> {
  for (const key of store.serviceKeys()) {
    const service = store.service(key);
    if (service !== undefined) {
      yield { key, service };
    }
  }
}

/** Those that name an address as theirs. */
function servicesAt({ address }: Destination, world: ExplainWorld): readonly Keyed[] {
  return [...allServices(world)].filter(({ service }) =>
    [
      ...service.clusterIPs,
      ...service.externalIPs,
      ...service.loadBalancerIPs,
      ...(service.loadBalancerIPsOfProxies ?? []),
    ].some((each) => each.equals(address)),
  );
}

/** What was decided about the address or the node port, by the Services that name it. */
function relatedDecisions(to: Destination, world: ExplainWorld): readonly Step[] {
  const named = servicesAt(to, world).flatMap(({ key, service }) => {
    const decisions = world.translator.decisionsOf(key) ?? [];
    const steps = decisions.filter((each) => isAbout(each, to)).map((each) => stepOf(each, key));
    return steps.length === 0 || isServedElsewhere(decisions, to)
      ? [...steps, portsStep(key, service, to, world)]
      : steps;
  });
  return [...named, ...nodePortSteps(to, world)];
}

function isAbout(decision: Decision, { protocol, address, port }: Destination): boolean {
  switch (decision.about) {
    case 'Service':
      return decision.fate.kind !== 'served';
    case 'address':
      return decision.address.equals(address);
    case 'front end': {
      const { frontEnd } = decision;
      return (
        decision.protocol === protocol &&
        frontEnd.port === port &&
        'address' in frontEnd &&
        frontEnd.address.equals(address)
      );
    }
    case 'port range':
      return (
        decision.protocol === protocol &&
        decision.address.equals(address) &&
        decision.ports.some((range) => holdsPort(range, port))
      );
    case 'endpoint':
      return false;
  }
}

/** Whether the address is one that is served, so that only the port can be the reason. */
function isServedElsewhere(decisions: readonly Decision[], to: Destination): boolean {
  return decisions.some(
    (each) =>
      each.about === 'front end' &&
      each.fate.kind === 'served' &&
      'address' in each.frontEnd &&
      each.frontEnd.address.equals(to.address),
  );
}

function portsStep(key: string, service: Service, to: Destination, world: ExplainWorld): Step {
  const { protocol, port } = to;
  return {
    text: `Service ${key} has ${formatPorts(service)}${rangesAt(to, key, world)}; asked was ${protocol} ${port}`,
    object: `Service ${key}`,
    field: 'spec.ports',
  };
}

function formatPorts({ ports }: Service): string {
  const texts = ports.map(({ protocol, port }) => `${protocol} ${port}`);
  return texts.length === 0 ? 'no ports' : `the ports ${texts.join(', ')}`;
}

/** ` and the port ranges 10000-20000/UDP`: those that the Service has at an address. */
function rangesAt({ address }: Destination, key: string, { translator }: ExplainWorld): string {
  const texts = (translator.decisionsOf(key) ?? [])
    .filter((each) => each.about === 'port range')
    .filter((each) => each.fate.kind === 'served' && each.address.equals(address))
    .map(({ ports, protocol }) => formatPortRanges(ports, protocol));
  return texts.length === 0 ? '' : ` and the port ranges ${texts.join(', ')}`;
}

/** Node ports with that number, though not at that address. */
function nodePortSteps(to: Destination, world: ExplainWorld): readonly Step[] {
  const { allNodeAddresses } = world.translator.nodeFacts;
  const isOwn =
    allNodeAddresses.some((each) => each.equals(to.address)) ||
    specialAddress(to.address) === 'loopback';
  const having = [...allServices(world)].filter(({ service }) =>
    service.ports.some(
      ({ protocol, nodePort }) => protocol === to.protocol && nodePort === to.port,
    ),
  );
  if (!isOwn) {
    return having.map(({ key }) => ({
      text: `${to.port} is a node port of Service ${key}, but ${to.address.text} is no address of this node`,
      object: `Service ${key}`,
      field: 'spec.ports[].nodePort',
    }));
  }
  return having.map(({ key }) => stepAtOwnAddress(to, key, world));
}

/** Why a Service's node port does not answer at an address of this node. */
function stepAtOwnAddress(to: Destination, key: string, world: ExplainWorld): Step {
  const { translator, desired } = world;
  const { nodePortAddresses } = translator.nodeFacts;
  const [fate] = translator.decisionsOf(key) ?? [];
  if (fate?.about === 'Service' && fate.fate.kind !== 'served') {
    return stepOf(fate, key);
  }
  if (nodePortAddresses.some((each) => each.equals(to.address))) {
    return {
      text: `${to.port} is a node port of Service ${key}, which has no cluster IP of ${to.address.family}`,
      object: `Service ${key}`,
      field: 'spec.clusterIPs',
    };
  }
  const answering = nodePortAddresses.filter(
    (address) => desired.serviceOf(formatDestination({ ...to, address })) === key,
  );
  const where = answering.map(({ text }) => text).join(', ') || 'none of its addresses';
  return {
    text: `${to.port} is a node port of Service ${key}, which answers on ${where}, not on ${to.address.text}`,
    object: 'configuration',
    field: 'nodePortAddresses',
  };
}

function healthSteps(to: Destination, world: ExplainWorld): readonly Step[] {
  if (
    to.protocol !== 'TCP' ||
    !world.desired.isMember({ role: 'health', entry: { kind: 'port', port: to.port } })
  ) {
    return [];
  }
  return [...allServices(world)]
    .filter(({ service }) => service.healthCheckNodePort === to.port)
    .map(({ key }) => ({
      text: `${to.port} is the health-check node port of Service ${key}: kube-ipvs itself answers there, and no firewall of the node closes it`,
      object: `Service ${key}`,
      field: 'spec.healthCheckNodePort',
      rule: 'health',
    }));
}

function addressStep({ protocol, address, port }: Destination, world: ExplainWorld): Step {
  const { nodeAddresses, nodeName } = world.translator.nodeFacts;
  if (nodeAddresses.has(address.text) || specialAddress(address) === 'loopback') {
    return {
      text: `${address.text} is an address of node ${nodeName}, and ${protocol} ${port} is no node port: what listens there on the node answers`,
      object: `Node ${nodeName}`,
    };
  }
  return {
    text: `${address.text} is no address of a Service, and none of this node: the packet goes where routes lead`,
  };
}
