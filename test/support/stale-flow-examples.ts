import assert from 'node:assert/strict';
import type { Protocol } from '../../src/net/protocol.ts';
import { readFlow, type Flow } from '../../src/kernel/conntrack/messages.ts';
import { StaleFlows } from '../../src/kernel/conntrack/stale-flows.ts';
import type {
  Operation,
  RealServer,
  VirtualServerId,
  VirtualServerSettings,
} from '../../src/kernel/ipvs/model.ts';
import type { FilterRole } from '../../src/kernel/packet-filter/filter-member.ts';
import { ip } from './cluster-objects.ts';
import { listed, protocolNumber, type FlowExample } from './conntrack-flows.ts';
import { plainSettings, realServer as realServerAt } from './ipvs-examples.ts';

/** One VIP with a port, what changes there, and flows to it. */

export const vip = '10.96.0.10';
export const dns = {
  kind: 'address',
  protocol: 'UDP',
  address: ip(vip),
  port: 53,
} as const satisfies VirtualServerId;
export const settings: VirtualServerSettings = { ...plainSettings, owned: true };

export function realServer(text: string): RealServer {
  return realServerAt(text, { port: 8053 });
}

export function added(text: string, id: VirtualServerId = dns): Operation {
  return { kind: 'add real server', id, realServer: realServer(text) };
}

export function deleted(text: string, id: VirtualServerId = dns): Operation {
  return { kind: 'delete real server', id, realServer: realServer(text) };
}

export const everything = new Set(['TCP', 'UDP', 'SCTP'] as const);

/** A flow to the VIP, answered where nothing else is said. */
export function flowOf(
  protocol: Protocol,
  example: Partial<FlowExample> & { server: string },
): Flow {
  const read = readFlow(
    listed({ client: '10.244.0.9', vip, port: 53, ...example }, protocolNumber[protocol]),
    'IPv4',
    { protocols: everything, answered: everything },
  );
  assert.ok(read !== undefined);
  return read;
}

/** A UDP flow to the VIP that a server answers; the VIP itself where IPVS had none. */
export function flow(server: string, port = 53): Flow {
  return flowOf('UDP', { server, port });
}

export function after(...operations: readonly Operation[]): StaleFlows {
  const stale = new StaleFlows();
  operations.forEach((operation) => {
    stale.note(operation);
  });
  return stale;
}

export type Note = (stale: StaleFlows, protocol: Protocol) => void;

type ChangeName = 'added' | 'deleted' | 'bound' | 'unbound' | 'adopted' | 'one real server more';

/** Changes of the VIP and its port 53. */
export const change: Readonly<Record<ChangeName, Note>> = {
  added: (stale, protocol) => {
    stale.note({ kind: 'add virtual server', id: { ...dns, protocol }, settings });
  },
  deleted: (stale, protocol) => {
    stale.note({ kind: 'delete virtual server', id: { ...dns, protocol } });
  },
  bound: (stale) => {
    stale.noteAddressOperation({ kind: 'bind', address: ip(vip) });
  },
  unbound: (stale) => {
    stale.noteAddressOperation({ kind: 'unbind', address: ip(vip) });
  },
  adopted: (stale) => {
    stale.noteAddressOperation({ kind: 'adopt', address: ip(vip) });
  },
  'one real server more': (stale, protocol) => {
    stale.note(added('10.244.1.7', { ...dns, protocol }));
  },
};

/** The role of a front end changes; additions come first. */
export function treatment(before: FilterRole | undefined, now: FilterRole | undefined): Note {
  return (stale, protocol) => {
    const entry = { kind: 'endpoint', address: ip(vip), protocol, port: 53 } as const;
    if (now !== undefined) {
      stale.noteMemberChange({ kind: 'added', member: { role: now, entry } });
    }
    if (before !== undefined) {
      stale.noteMemberChange({ kind: 'deleted', member: { role: before, entry } });
    }
  };
}

/** Flows without an answer, and those that the node itself has refused. */
export const flows = {
  'past IPVS': { server: vip },
  direct: { server: '10.244.1.1' },
  masqueraded: { server: '10.244.1.1', answersTo: '10.244.0.1' },
  refused: { server: '192.0.2.10', serverPort: 0 },
} as const;
