import {
  families,
  gatewayAddress,
  nodeAddress,
  nodeOf,
  outsideAddress,
  podAddress,
  type Addresses,
  type Family,
  type NodeName,
} from './network.ts';
import {
  frontEndKinds,
  nodePortOf,
  servicePort,
  targetPort,
  vipOf,
  type FrontEndKind,
  type NetworkService,
} from './network-services.ts';
import { outcomeText, type Outcome, type Question, type TrafficProtocol } from './traffic.ts';

/** The rules of docs/differences.md and of kube-proxy, as a second opinion that shares no code with ours. */

export const clients = ['pod-a1', 'pod-b1', 'node-a', 'outside'] as const;
export type Client = (typeof clients)[number];
export const policies = ['Cluster', 'Local'] as const;
export type Policy = (typeof policies)[number];
export const protocols: readonly TrafficProtocol[] = ['TCP', 'UDP', 'SCTP'];

/** Every backend of the matrix: Pods of their own, and host-network Pods by their node. */
export const backends = ['pod-a1', 'pod-a2', 'pod-b1', 'pod-b2', 'node-a', 'node-b'] as const;
export type Backend = (typeof backends)[number];

/** Front ends of a port of its own, and ports of a range at the same addresses. */
const rangeKinds = ['cluster IP range', 'load-balancer IP range'] as const;
export const matrixFrontEnds = [...frontEndKinds, ...rangeKinds] as const;
export type MatrixFrontEnd = (typeof matrixFrontEnds)[number];

/** The target port is in it: a connection reaches the backend at the port that the client has chosen. */
const portRanges = { 'kube-ipvs.io/port-ranges': '8000-8100/TCP,UDP,SCTP' };

/** What a client must see: whose address the backend saw, or that nobody answers. */
export type Expectation = 'own address' | "node's address" | 'refused';

export interface Case {
  readonly client: Client;
  readonly frontEnd: MatrixFrontEnd;
  readonly policy: Policy;
  readonly backend: Backend;
  readonly protocol: TrafficProtocol;
  readonly family: Family;
}

/** The columns of the table: which backend each client meets there. */
export const columns = [
  'here',
  'there',
  'itself',
  'host network here',
  'host network there',
] as const;
export type Column = (typeof columns)[number];

export function backendOf(client: Client, column: Column): Backend | undefined {
  switch (column) {
    case 'here':
      return 'pod-a2';
    case 'there':
      return 'pod-b2';
    case 'itself':
      return client === 'outside' || client === 'node-a' ? undefined : client;
    case 'host network here':
      return 'node-a';
    case 'host network there':
      return 'node-b';
  }
}

export function allCases(): readonly Case[] {
  return clients.flatMap((client) =>
    matrixFrontEnds.flatMap((frontEnd) =>
      policies.flatMap((policy) =>
        columns.flatMap((column) => {
          const backend = backendOf(client, column);
          return backend === undefined
            ? []
            : protocols.flatMap((protocol) =>
                families.map((family) => ({ client, frontEnd, policy, backend, protocol, family })),
              );
        }),
      ),
    ),
  );
}

/** The Services of the matrix: for each backend one per combination of policies that counts. */
export function matrixServices(): readonly NetworkService[] {
  const kinds = [
    { internal: 'Cluster', external: 'Cluster' },
    { internal: 'Cluster', external: 'Local' },
    { internal: 'Local', external: 'Cluster' },
  ] as const;
  return backends.flatMap((backend, at) =>
    kinds.map(({ internal, external }, kind) => ({
      name: `${backend}-${kind}`,
      number: 1 + at + kind * 10,
      internalPolicy: internal,
      externalPolicy: external,
      endpoints: [{ addresses: addressesOf(backend), nodeName: nodeOfBackend(backend) }],
      annotations: portRanges,
    })),
  );
}

/** With both policies Local a Service has no way to another node at all: that is no case here. */
function serviceNumber({ backend, policy, frontEnd }: Case): number {
  const kind = policy === 'Cluster' ? 0 : kindOf(frontEnd) === 'cluster IP' ? 2 : 1;
  return 1 + backends.indexOf(backend) + kind * 10;
}

export function addressesOf(backend: Backend): Addresses {
  return backend === 'node-a' || backend === 'node-b' ? nodeAddress[backend] : podAddress[backend];
}

export function nodeOfBackend(backend: Backend): NodeName {
  return backend === 'node-a' || backend === 'node-b' ? backend : nodeOf[backend];
}

export function questionOf(test: Case): Question {
  const { frontEnd, protocol, family } = test;
  const number = serviceNumber(test);
  const kind = kindOf(frontEnd);
  const port = kind === frontEnd ? servicePort : targetPort;
  return kind === 'node port'
    ? { protocol, address: nodeAddress['node-a'][family], port: nodePortOf(number, protocol) }
    : { protocol, address: vipOf(kind, number)[family], port };
}

/** The kind of address, whichever port is asked there. */
function kindOf(frontEnd: MatrixFrontEnd): FrontEndKind {
  switch (frontEnd) {
    case 'cluster IP range':
      return 'cluster IP';
    case 'load-balancer IP range':
      return 'load-balancer IP';
    default:
      return frontEnd;
  }
}

/** The node whose IPVS takes the packet: VIPs of a Pod's packets are bound on its own node. */
export function entryOf({ client, frontEnd }: Pick<Case, 'client' | 'frontEnd'>): NodeName {
  return client === 'pod-b1' && frontEnd !== 'node port' ? 'node-b' : 'node-a';
}

export function expectationOf(test: Case): Expectation {
  const { client, policy, backend } = test;
  const frontEnd = kindOf(test.frontEnd);
  const isHere = nodeOfBackend(backend) === entryOf(test);
  if (policy === 'Local' && !isHere && (frontEnd === 'cluster IP' || client === 'outside')) {
    return 'refused';
  }
  if (client === 'node-a') {
    return "node's address";
  }
  // What is delivered on this node leaves it nowhere, and is masqueraded nowhere.
  const isDelivered = isHere && (backend === 'node-a' || backend === 'node-b');
  return !isDelivered && isMasqueraded(test, isHere) ? "node's address" : 'own address';
}

function isMasqueraded(test: Case, isHere: boolean): boolean {
  const { client, policy, backend } = test;
  const frontEnd = kindOf(test.frontEnd);
  if (client === backend) {
    return true;
  }
  return frontEnd === 'cluster IP'
    ? client === 'outside'
    : policy === 'Cluster' || (!isHere && frontEnd === 'node port');
}

/** What was seen, in the words of an expectation; else the outcome itself. */
export function observationOf(test: Case, outcome: Outcome): string {
  if (outcome.kind !== 'answered') {
    return outcome.kind === 'reset' ? 'refused' : outcomeText(outcome);
  }
  if (outcome.by !== test.backend) {
    return `answered by ${outcome.by}`;
  }
  const entry = entryOf(test);
  const { family } = test;
  if ([gatewayAddress[entry][family], nodeAddress[entry][family]].includes(outcome.seen)) {
    return "node's address";
  }
  return outcome.seen === clientAddress(test.client)[family] ? 'own address' : outcome.seen;
}

function clientAddress(client: Client): Addresses {
  if (client === 'outside') {
    return outsideAddress;
  }
  return client === 'node-a' ? nodeAddress[client] : podAddress[client];
}

export interface MatrixResult {
  readonly test: Case;
  readonly outcome: Outcome;
}

/** One line per client, front end and policy; a cell stands for all protocols and families. */
export function matrixTable(results: readonly MatrixResult[]): string {
  const rows = clients.flatMap((client) =>
    matrixFrontEnds.flatMap((frontEnd) =>
      policies.map((policy) => [
        client,
        frontEnd,
        policy,
        ...columns.map((column) => {
          const backend = backendOf(client, column);
          const cell = results.filter(
            ({ test }) =>
              test.client === client &&
              test.frontEnd === frontEnd &&
              test.policy === policy &&
              test.backend === backend,
          );
          return cellText(cell);
        }),
      ]),
    ),
  );
  const all = [['client', 'front end', 'policy', ...columns], ...rows];
  const widths = (all[0] ?? []).map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `own address 6/6`; where not all are alike, each kind with its number. */
function cellText(cell: readonly MatrixResult[]): string {
  const counts = new Map<string, number>();
  for (const { test, outcome } of cell) {
    const seen = observationOf(test, outcome);
    counts.set(seen, (counts.get(seen) ?? 0) + 1);
  }
  const words = [...counts].map(([seen, count]) => `${shortWord[seen] ?? seen} ${count}`);
  return cell.length === 0 ? '-' : words.join(', ');
}

const shortWord: Readonly<Record<string, string>> = {
  'own address': 'own',
  "node's address": 'node',
  refused: 'refused',
};

export const legend = `pod-a1: a Pod here, pod-b1: a Pod on the other node, node-a: the node itself; each cell: what the
backend saw and in how many of 6 ways (TCP, UDP, SCTP x IPv4, IPv6).
  own: the client's own address; node: masqueraded to an address of the node that took the packet
  refused: at once. A cluster IP of policy Local without an endpoint on the node; and an external
    front end of policy Local without one, where the client is outside: answers of a backend
    elsewhere would not come back through this node.
  Pods and the node itself reach external front ends of policy Local on other nodes too. A node
    port is masqueraded then, since Pods of all nodes come to it; a VIP is not, since it is bound
    on every node and only this node's own Pods come to it here.
  A host-network backend here sees the client even with policy Cluster: nothing leaves the node.
  A range is reached by a packet mark, and the backend at the port that the client has chosen.
  pod-b1's packets to VIPs are taken by its own node: 'here' is another node for it.`;
