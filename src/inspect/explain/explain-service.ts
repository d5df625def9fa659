import type { ServicePort } from '../../cluster/objects.ts';
import { formatHost } from '../../net/ip-address.ts';
import { formatPortRange } from '../../net/port-range.ts';
import type { Decision, FrontEndDecision, PortRangeDecision } from '../../translate/decisions.ts';
import { describeDecision } from '../../translate/describe-decision.ts';
import { stepOf } from './decision-step.ts';
import type { Explanation, FrontEndExplanation, ServiceExplanation, Step } from './explanation.ts';
import { explainPacket } from './explain-packet.ts';
import { formatDestination, formatSender, type Destination, type Sender } from './packet.ts';
import { virtualServerAt } from './range-at.ts';
import { isAskedRange, type AskedPorts, type ServiceQuestion } from './service-question.ts';
import type { ExplainWorld } from './world.ts';

/** Those that the packet filter tells from each other. */
const allSenders: readonly Sender[] = [{ kind: 'pod' }, { kind: 'node' }, { kind: 'outside' }];

/**
 * Says what becomes of a Service on this node and why, and of packets to each of its front ends, by who
 * sends them: a Pod, a process of this node and a host outside, unless others are asked for. Pure.
 */
export function explainService(
  { key, service, about }: ServiceQuestion,
  asked: ExplainWorld,
  senders = allSenders,
): ServiceExplanation {
  const world = remembering(asked);
  const decisions = world.translator.decisionsOf(key) ?? [];
  const concerned = decisions.filter((decision) => concerns(decision, about, service.ports));
  // Ports of the spec first, as in a Service.
  const frontEnds = concerned
    .toSorted((a, b) => Number(a.about === 'port range') - Number(b.about === 'port range'))
    .flatMap((decision) => destinationOf(decision, about))
    .flatMap((destination) => askedOf(destination, world, senders));
  const first = frontEnds[0]?.answers[0]?.explanation;
  const steps = concerned.map((decision) => ({
    ...stepOf(decision, key),
    // Of an endpoint that stands here for several ports and kinds of traffic.
    ...(decision.about === 'endpoint' ? { text: describeDecision(decision) } : {}),
  }));
  const said = new Set(concerned.map((decision) => stepOf(decision, key).text));
  return {
    ...(first ?? notOurs),
    steps: [...steps, ...exampleSteps(frontEnds[0], said)],
    warnings: warningsOf(frontEnds),
    frontEnds: frontEnds.map(frontEndOf),
  };
}

const notOurs: Omit<Explanation, 'steps' | 'warnings'> = {
  verdict: 'not-ours',
  virtualServer: null,
  service: null,
  realServers: [],
  source: null,
  sources: {},
};

/** The same world, in which a Service is translated once for all its front ends. */
function remembering(world: ExplainWorld): ExplainWorld {
  const known = new Map<string, readonly Decision[] | undefined>();
  const { translator } = world;
  return {
    ...world,
    translator: {
      nodeFacts: translator.nodeFacts,
      decisionsOf: (key) => {
        if (!known.has(key)) {
          known.set(key, translator.decisionsOf(key));
        }
        return known.get(key);
      },
    },
  };
}

/** What becomes of packets to one front end. */
interface AskedFrontEnd extends Pick<FrontEndExplanation, 'virtualServer' | 'ports' | 'kind'> {
  readonly to: Destination;
  readonly answers: readonly { readonly sender: string; readonly explanation: Explanation }[];
}

interface AskedDestination extends Pick<AskedFrontEnd, 'to' | 'kind'> {
  /** All that one packet stands for. */
  readonly range?: PortRangeDecision;
}

/** What a packet is sent to for a decision; of a range, the port that is asked about or the first one. */
function destinationOf(decision: Decision, asked: AskedPorts): readonly AskedDestination[] {
  if (decision.about === 'front end' && 'address' in decision.frontEnd) {
    const { protocol, frontEnd, fate } = decision;
    const { address, port, kind } = frontEnd;
    const isInRange = asked.kind === 'all' && fate.kind === 'served with the port ranges';
    return isInRange ? [] : [{ to: { protocol, address, port }, kind }];
  }
  if (decision.about !== 'port range' || decision.fate.kind !== 'served') {
    return [];
  }
  const { protocol, address, kind, ports } = decision;
  const port = asked.kind === 'in a port range' ? asked.port : ports[0]?.first;
  return port === undefined ? [] : [{ to: { protocol, address, port }, kind, range: decision }];
}

/** Port ranges have the real servers of the first port (`all` are those of the spec). */
function concerns(decision: Decision, asked: AskedPorts, all: readonly ServicePort[]): boolean {
  const ports = asked.kind === 'ports' ? asked.ports : asked.kind === 'all' ? all : all.slice(0, 1);
  switch (decision.about) {
    case 'Service':
    case 'address':
      return true;
    case 'endpoint':
      return ports.includes(decision.port);
    case 'front end':
      return asked.kind !== 'in a port range' && isFrontEndOf(decision, ports);
    case 'port range':
      return (
        asked.kind === 'all' || (asked.kind === 'in a port range' && isAskedRange(asked, decision))
      );
  }
}

function isFrontEndOf(
  { protocol, frontEnd }: FrontEndDecision,
  ports: readonly ServicePort[],
): boolean {
  return ports.some(
    (port) =>
      port.protocol === protocol &&
      (frontEnd.kind === 'node port' ? port.nodePort : port.port) === frontEnd.port,
  );
}

function askedOf(
  { to, kind, range }: AskedDestination,
  world: ExplainWorld,
  senders: readonly Sender[],
): readonly AskedFrontEnd[] {
  const { address } = to;
  const answers = senders
    .filter((from) => from.kind !== 'address' || from.address.family === address.family)
    .map((from) => ({
      sender: formatSender(from),
      explanation: explainPacket({ from, to }, world),
    }));
  const virtualServer = virtualServerAt(to, world);
  const ports = range && formatRange(range);
  return answers.length === 0
    ? []
    : [{ to, virtualServer, kind, answers, ...(ports === undefined ? {} : { ports }) }];
}

/** `UDP 203.0.113.9:10000-20000` */
function formatRange({ protocol, address, ports }: PortRangeDecision): string {
  return `${protocol} ${formatHost(address)}:${ports.map(formatPortRange).join(',')}`;
}

function frontEndOf({ to: _to, answers, ...asked }: AskedFrontEnd): FrontEndExplanation {
  const outcomes = answers.map(({ sender, explanation }) => {
    const { verdict, service, realServers, source, sources } = explanation;
    return [sender, { verdict, service, realServers, source, sources }] as const;
  });
  return { ...asked, from: Object.fromEntries(outcomes) };
}

/** What is to be said of the first packet besides the decisions. */
function exampleSteps(
  frontEnd: AskedFrontEnd | undefined,
  said: ReadonlySet<string>,
): readonly Step[] {
  const [first] = frontEnd?.answers ?? [];
  if (frontEnd === undefined || first === undefined) {
    return [];
  }
  return [
    { text: `for example, what ${first.sender} sends to ${formatDestination(frontEnd.to)}:` },
    ...first.explanation.steps.filter(({ text }) => !said.has(text)),
  ];
}

function warningsOf(frontEnds: readonly AskedFrontEnd[]): readonly string[] {
  const all = frontEnds.flatMap(({ answers }) =>
    answers.flatMap(({ explanation }) => explanation.warnings),
  );
  return [...new Set(all)];
}
