import { formatRealServer, type RealServer } from '../../kernel/ipvs/model.ts';
import { anyPort } from '../../translate/endpoints.ts';
import { decidedBy } from './decided-by.ts';
import type { Explanation, Step } from './explanation.ts';
import { filterVerdictOf, rolesAt, type FilterVerdict } from './filter-verdict.ts';
import { frontEndAt, type FoundFrontEnd } from './front-end-at.ts';
import { kernelDifferences } from './kernel-differences.ts';
import { masqueradeOf, seenAt } from './masquerade.ts';
import { originOf } from './origin.ts';
import type { Packet } from './packet.ts';
import {
  candidateSteps,
  choiceSteps,
  frontEndSteps,
  rangesSteps,
  type Question,
} from './packet-steps.ts';
import { virtualServerAt } from './range-at.ts';
import { refusalAnswer, whenNoneIsLeft } from './refusal-words.ts';
import { onlyOne, sourceStep } from './source-step.ts';
import { foreignSteps, portsAtVip, whyUnserved } from './unserved.ts';
import type { ExplainWorld } from './world.ts';

/**
 * Says what becomes of the first packet of a connection on this node, and why. It decides as the packet
 * filter does, from the roles that this is told of, and from the virtual servers that are desired. Pure.
 */
export function explainPacket(packet: Packet, world: ExplainWorld): Explanation {
  const { to } = packet;
  const key = virtualServerAt(to, world);
  const origin = originOf(packet, world);
  const roles = rolesAt(to, origin, world);
  const question = { to, key, origin, roles, found: frontEndAt(to, key, world), world };
  const explained = explain(question, filterVerdictOf(to, origin, roles, world));
  return {
    ...explained,
    steps: [origin.step, ...explained.steps],
    warnings: kernelDifferences(to, key, world),
  };
}

type Explained = Omit<Explanation, 'warnings'>;

function explain(question: Question, filter: FilterVerdict): Explained {
  switch (filter.kind) {
    case 'drop':
      return nowhere(question, 'dropped', [...frontEndSteps(question), ...rangesSteps(question)]);
    case 'refuse':
      return filter.role === 'vip' ? atVip(question) : refused(question, filter.role);
    case 'pass':
      return forwardedOrNot(question);
  }
}

function nowhere(
  { key, found }: Question,
  verdict: 'refused' | 'dropped' | 'not-ours',
  steps: readonly Step[],
): Explained {
  const hasVirtualServer = found !== undefined && verdict !== 'not-ours';
  return {
    verdict,
    virtualServer: hasVirtualServer ? key : null,
    service: hasVirtualServer ? found.key : null,
    realServers: [],
    source: null,
    sources: {},
    steps,
  };
}

/**
 * At a VIP, on a port that no Service has there. A process of the node meets IPVS before the chain of
 * iptables that refuses; the table of nftables comes before IPVS for everybody.
 */
function atVip(question: Question): Explained {
  const { to, origin, world } = question;
  const isTaken = origin.isNode && world.packetFilter === 'iptables';
  const foreign = foreignSteps(to, world, isTaken);
  const ports = portsAtVip(to, world);
  if (isTaken && foreign.length > 0) {
    return nowhere(question, 'not-ours', [...ports, ...foreign]);
  }
  const answer =
    to.protocol === 'SCTP' && world.packetFilter === 'iptables'
      ? 'an ICMP message, which SCTP does not heed: the sender waits for a time-out'
      : refusalAnswer(to.protocol);
  const by = decidedBy('vip', 'it comes', to, world);
  const step = { text: `refused at once, with ${answer}`, ...by };
  return nowhere(question, 'refused', [...ports, ...foreign, step]);
}

function refused(question: Question, role: 'refused' | 'node-only'): Explained {
  const { to, found, roles, world } = question;
  const by = decidedBy(role, 'it comes', to, world, roles.range !== undefined);
  const answer = `refused at once, with ${refusalAnswer(to.protocol)}`;
  const policy = {
    object: `Service ${found?.key ?? ''}`,
    field: 'spec.externalTrafficPolicy',
    ...by,
  };
  const last: Step =
    role === 'refused'
      ? { text: `no endpoint is left: ${answer}`, ...by }
      : {
          text: `the policy is Local and no endpoint is on this node; it comes from outside, where answers of other nodes would not find back to: ${answer}`,
          ...policy,
        };
  return nowhere(question, 'refused', [
    ...frontEndSteps(question),
    ...rangesSteps(question),
    ...candidateSteps(question),
    last,
  ]);
}

function forwardedOrNot(question: Question): Explained {
  const { to, key, found, world } = question;
  const row = world.desired.virtualServer(key);
  const excluded = world.settings.excludeCIDRs.find((range) => range.contains(to.address));
  if (row === undefined || found === undefined) {
    return nowhere(question, 'not-ours', [
      ...foreignSteps(to, world, true),
      ...whyUnserved(to, world),
    ]);
  }
  if (excluded !== undefined) {
    return nowhere(question, 'not-ours', [
      ...frontEndSteps(question),
      {
        text: `${to.address.text} is in ${excluded.text}, where kube-ipvs touches no virtual server`,
        object: 'configuration',
        field: 'ipvs.excludeCIDRs',
      },
      ...foreignSteps(to, world, true),
    ]);
  }
  return forwarded(question, found);
}

function forwarded(question: Question, found: FoundFrontEnd): Explained {
  const { key, origin, to, world } = question;
  const realServers = world.desired.virtualServer(key)?.virtualServer.realServers.values() ?? [];
  const masquerade = masqueradeOf(question, found.key);
  const seen = Array.from(realServers, (realServer) => reachedAt(realServer, question)).map(
    (realServer) => ({
      address: formatRealServer(realServer),
      ...seenAt(realServer, question, masquerade),
    }),
  );
  const source = onlyOne(seen.map((each) => each.source));
  return {
    verdict: 'forwarded',
    virtualServer: key,
    service: found.key,
    realServers: seen.map(({ address }) => address),
    source,
    sources: Object.fromEntries(seen.map((each) => [each.address, each.source])),
    steps: [
      ...frontEndSteps(question),
      ...rangesSteps(question),
      ...candidateSteps(question),
      ...choiceSteps(question, found),
      masquerade.step,
      ...seen.flatMap(({ step }) => (step === undefined ? [] : [step])),
      sourceStep(source, origin),
      whenNoneIsLeft(found.key, found.service, found.traffic, to.protocol),
    ],
  };
}

/** Without a port of its own it is reached at the one that the client has chosen. */
function reachedAt(realServer: RealServer, { to: { port } }: Question): RealServer {
  return realServer.port === anyPort ? { ...realServer, port } : realServer;
}
