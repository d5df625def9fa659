import type { ServicePort } from '../../cluster/objects.ts';
import type { Decision, FrontEndDecision } from '../../translate/decisions.ts';
import { describeDecision } from '../../translate/describe-decision.ts';
import type { FrontEnd } from '../../translate/front-end.ts';
import { stepOf } from './decision-step.ts';
import type { Explanation, FrontEndExplanation, ServiceExplanation, Step } from './explanation.ts';
import { explainPacket } from './explain-packet.ts';
import { formatDestination, formatSender, type Sender } from './packet.ts';
import type { ServiceQuestion } from './service-question.ts';
import type { ExplainWorld } from './world.ts';

/** Those that the packet filter tells from each other. */
const allSenders: readonly Sender[] = [{ kind: 'pod' }, { kind: 'node' }, { kind: 'outside' }];

/**
 * Says what becomes of a Service on this node and why, and of packets to each of its front ends, by who
 * sends them: a Pod, a process of this node and a host outside, unless others are asked for. Pure.
 */
export function explainService(
  { key, ports }: ServiceQuestion,
  asked: ExplainWorld,
  senders = allSenders,
): ServiceExplanation {
  const world = remembering(asked);
  const decisions = world.translator.decisionsOf(key) ?? [];
  const concerned = decisions.filter((decision) => concerns(decision, ports));
  const frontEnds = concerned.flatMap((decision) =>
    isFrontEnd(decision) ? askedOf(decision, world, senders) : [],
  );
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
interface AskedFrontEnd {
  readonly virtualServer: string;
  readonly kind: string;
  readonly answers: readonly { readonly sender: string; readonly explanation: Explanation }[];
}

type AtAddress = FrontEndDecision & { readonly frontEnd: FrontEnd };

function isFrontEnd(decision: Decision): decision is AtAddress {
  return decision.about === 'front end' && 'address' in decision.frontEnd;
}

function concerns(decision: Decision, ports: readonly ServicePort[]): boolean {
  switch (decision.about) {
    case 'Service':
    case 'address':
      return true;
    case 'endpoint':
      return ports.includes(decision.port);
    case 'front end': {
      const { protocol, frontEnd } = decision;
      return ports.some(
        (port) =>
          port.protocol === protocol &&
          (frontEnd.kind === 'node port' ? port.nodePort : port.port) === frontEnd.port,
      );
    }
  }
}

function askedOf(
  { protocol, frontEnd }: AtAddress,
  world: ExplainWorld,
  senders: readonly Sender[],
): readonly AskedFrontEnd[] {
  const { address, port, kind } = frontEnd;
  const to = { protocol, address, port };
  const answers = senders
    .filter((from) => from.kind !== 'address' || from.address.family === address.family)
    .map((from) => ({
      sender: formatSender(from),
      explanation: explainPacket({ from, to }, world),
    }));
  return answers.length === 0 ? [] : [{ virtualServer: formatDestination(to), kind, answers }];
}

function frontEndOf({ virtualServer, kind, answers }: AskedFrontEnd): FrontEndExplanation {
  const outcomes = answers.map(({ sender, explanation }) => {
    const { verdict, service, realServers, source, sources } = explanation;
    return [sender, { verdict, service, realServers, source, sources }] as const;
  });
  return { virtualServer, kind, from: Object.fromEntries(outcomes) };
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
    { text: `for example, what ${first.sender} sends to ${frontEnd.virtualServer}:` },
    ...first.explanation.steps.filter(({ text }) => !said.has(text)),
  ];
}

function warningsOf(frontEnds: readonly AskedFrontEnd[]): readonly string[] {
  const all = frontEnds.flatMap(({ answers }) =>
    answers.flatMap(({ explanation }) => explanation.warnings),
  );
  return [...new Set(all)];
}
