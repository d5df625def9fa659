import assert from 'node:assert/strict';
import {
  explainPacket,
  type Explanation,
  type ExplainWorld,
  type Sender,
} from '../../src/inspect/explain/explain.ts';
import type { PacketFilterKind } from '../../src/kernel/packet-filter/packet-filter.ts';
import { formatEndpoint } from '../../src/net/ip-address.ts';
import { countsAsNodeAddress } from '../../src/net/special-address.ts';
import { ip } from './cluster-objects.ts';
import { explainWorld } from './explain-world.ts';
import {
  clusterCidr,
  inHost,
  nodeAddress,
  outsideAddress,
  podAddress,
  type Addresses,
  type Family,
  type HostName,
  type NodeName,
} from './network.ts';
import { lowestNodePort, servicePort, targetPort } from './network-services.ts';
import { outcomeText, type Outcome, type Question } from './traffic.ts';

/** The name of listeners of a node that are no endpoints. */
export const ownListener = 'own-listener';

/** A message that was sent, and what became of it. */
export interface Probe {
  readonly client: HostName;
  /** The node whose IPVS and packet filter took it. */
  readonly entry: NodeName;
  readonly question: Question;
  readonly outcome: Outcome;
  /** Where the Pod listens, if not at the target port of the Services of these tests. */
  readonly targetPort?: number;
  /** Several real servers could have answered: that it was one of them is all that can be seen. */
  readonly isOneOfSeveral?: boolean;
}

/** What `explain` says of messages that were really sent in the network of two nodes. */
export class ExplainedTraffic {
  readonly #worlds: ReadonlyMap<NodeName, ExplainWorld>;

  private constructor(worlds: ReadonlyMap<NodeName, ExplainWorld>) {
    this.#worlds = worlds;
  }

  /** Reads what it has to know of the nodes; `objects` are those that their programs follow. */
  static async of(
    objects: readonly unknown[],
    nodes: readonly NodeName[] = ['node-a'],
    configuration: Readonly<Record<string, unknown>> = {},
  ): Promise<ExplainedTraffic> {
    const worlds = nodes.map(async (nodeName) => {
      const nodeAddresses = (await addressesOn(nodeName)).map(ip).filter(countsAsNodeAddress);
      const fields = { clusterCIDR: clusterCidr, ...configuration };
      const world = explainWorld({
        objects,
        nodeName,
        nodeAddresses,
        configuration: fields,
        packetFilter: await packetFilterOn(nodeName),
      });
      return [nodeName, world] as const;
    });
    return new ExplainedTraffic(new Map(await Promise.all(worlds)));
  }

  /** A line for each probe of which `explain` says something else than what became of it. */
  disagreements(probes: readonly Probe[]): readonly string[] {
    return probes.flatMap((probe) => {
      const explanation = this.#explain(probe);
      const seen = seenOf(probe, this.#world(probe.entry));
      const said = saidOf(explanation, probe);
      const { client, question } = probe;
      return said === seen
        ? []
        : [
            `${client} to ${question.protocol} ${question.address} ${question.port}: explain says ${said}, but the packet was ${seen} (${outcomeText(probe.outcome)})`,
          ];
    });
  }

  #explain({ client, entry, question }: Probe): Explanation {
    const { protocol, port } = question;
    const address = ip(question.address);
    const from: Sender =
      client === entry
        ? { kind: 'node' }
        : { kind: 'address', address: ip(addressOf(client, address.family)) };
    return explainPacket({ from, to: { protocol, address, port } }, this.#world(entry));
  }

  #world(node: NodeName): ExplainWorld {
    const world = this.#worlds.get(node);
    assert.ok(world, `nothing is known of ${node}`);
    return world;
  }
}

function saidOf({ verdict, realServers, source }: Explanation, probe: Probe): string {
  if (verdict !== 'forwarded') {
    return verdict;
  }
  const answering = realServerOf(probe);
  const isAmong = probe.isOneOfSeveral === true && realServers.includes(answering);
  return forwardedText(isAmong ? [answering] : realServers, source);
}

/** The real server that answered. */
function realServerOf({ question, outcome, targetPort: port = targetPort }: Probe): string {
  const { family } = ip(question.address);
  // Listeners have the names of their hosts.
  const host = outcome.kind === 'answered' ? (outcome.by as HostName) : 'router';
  const address = addressOf(host, family);
  return address === '' ? '' : formatEndpoint(ip(address), port);
}

/** What `explain` has to say of an outcome. */
function seenOf(probe: Probe, world: ExplainWorld): string {
  const { question, outcome } = probe;
  switch (outcome.kind) {
    case 'answered':
      return outcome.by === ownListener ? 'not-ours' : answeredText(probe, outcome, world);
    case 'refused':
    case 'reset':
      return 'refused';
    case 'silent':
      // SCTP heeds no ICMP, by which the ports of a VIP are refused that no Service has.
      return question.protocol === 'SCTP' && !isFrontEnd(question, world) ? 'refused' : 'dropped';
    case 'failed':
      // The own node tells its processes that it drops.
      return outcomeText(outcome) === 'Operation not permitted' ? 'dropped' : outcome.reason;
    case 'unreachable':
      return outcome.kind;
  }
}

/** The Services of these tests have one port, node ports and perhaps port ranges. */
function isFrontEnd({ protocol, address, port }: Question, { desired }: ExplainWorld): boolean {
  return (
    port === servicePort ||
    port >= lowestNodePort ||
    desired
      .portRangesAt(ip(address))
      .some((range) => range.protocol === protocol && range.first <= port && port <= range.last)
  );
}

function isOwn(address: string, { translator }: ExplainWorld): boolean {
  return translator.nodeFacts.nodeAddresses.has(address);
}

function answeredText(
  probe: Probe,
  { seen }: Extract<Outcome, { readonly kind: 'answered' }>,
  world: ExplainWorld,
): string {
  const { client, question } = probe;
  const { family } = ip(question.address);
  const isClient = seen === addressOf(client, family);
  const source = isOwn(seen, world) ? 'node' : isClient ? 'client' : seen;
  return forwardedText([realServerOf(probe)], source);
}

function forwardedText(realServers: readonly string[], source: string | null): string {
  return `forwarded to ${realServers.join(', ')} with the address of the ${source}`;
}

function addressOf(host: HostName, family: Family): string {
  const known: Partial<Record<HostName, Addresses>> = {
    ...nodeAddress,
    ...podAddress,
    outside: outsideAddress,
  };
  return known[host]?.[family] ?? '';
}

/** The one that is at work there. */
async function packetFilterOn(node: NodeName): Promise<PacketFilterKind> {
  // A kernel without ipset has no such sets.
  const sets = await inHost(node, 'ipset list -n 2>/dev/null || true');
  return sets.includes('kube-ipvs-') ? 'iptables' : 'nftables';
}

/** All addresses of a node but those of the VIP link. */
async function addressesOn(node: NodeName): Promise<readonly string[]> {
  const shown = await inHost(node, 'ip -o addr show');
  return shown
    .split('\n')
    .filter((line) => !line.includes(' kube-ipvs0 '))
    .flatMap((line) => /inet6? ([^/ ]+)/.exec(line)?.[1] ?? []);
}
