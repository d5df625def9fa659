import type { AddressOperation } from '../vip-link/messages.ts';
import { protocols, type Protocol } from '../../net/protocol.ts';
import { frontEndRoles, type FrontEndRole } from '../packet-filter/front-end-role.ts';
import type { MemberChange } from '../packet-filter/packet-filter.ts';
import type { Operation } from '../ipvs/model.ts';
import { formatEndpoint, type IpAddress, type IpFamily } from '../../net/ip-address.ts';
import { ChangedPortRanges, type PortRangesEntry } from './changed-port-ranges.ts';
import type { Flow, FlowSelection } from './messages.ts';

/** What has changed at one address and port of a protocol. */
interface FrontEndChange {
  /** Whether there is a virtual server, where it came or went. */
  virtualServer: 'added' | 'deleted' | undefined;
  /** How connections are treated, where that has changed. */
  treatment: FrontEndRole | undefined;
  treatmentChanged: boolean;
  /** For UDP: the real servers that are gone. */
  readonly goneRealServers: Set<string>;
}

/**
 * Which flows no longer go where they should. Conntrack keeps the way that was chosen for the first
 * packet: past IPVS where there was no virtual server, with or without masquerade, to a refusal. Each
 * further packet keeps the flow alive, so a client that goes on sending from one port never gets
 * elsewhere. A flow that nobody has answered is stale where it contradicts what there is now; an
 * answered one only of UDP, which has no end of its own: to a real server or virtual server that
 * is gone, or past one that has come.
 *
 * A UDP answer that comes when its flow has been deleted begins a flow of its own, from the real server to
 * the client. Once that real server is back, the kernel drops the packets of a client who reaches it
 * without masquerade: the answers to them would be of both flows.
 */
export class StaleFlows {
  readonly #changes = new Map<string, FrontEndChange>();
  /** VIPs that were bound or unbound, by their text. */
  readonly #addresses = new Map<string, 'bound' | 'unbound'>();
  /** The real servers of UDP that have come. */
  readonly #newRealServers = new Set<string>();
  readonly #portRanges = new ChangedPortRanges();
  readonly #families = new Set<IpFamily>();
  readonly #protocols = new Set<Protocol>();
  /** Those of whose flows the answered ones may be stale. */
  readonly #answered = new Set<Protocol>();

  get isEmpty(): boolean {
    return this.#families.size === 0;
  }

  /** The families that flows must be looked for in. */
  get families(): readonly IpFamily[] {
    return [...this.#families];
  }

  /** The flows that may be stale. */
  get selection(): FlowSelection {
    return {
      protocols: this.#addresses.size > 0 ? new Set(protocols) : this.#protocols,
      answered: this.#answered,
    };
  }

  /** Takes note of a change of a virtual server that succeeded. */
  note(operation: Operation): void {
    const { id } = operation;
    if (id.kind === 'fwmark') {
      this.#noteMarked(operation);
      return;
    }
    switch (operation.kind) {
      case 'add virtual server':
        this.#changeAt(id).virtualServer = 'added';
        break;
      case 'delete virtual server':
        this.#changeAt(id).virtualServer = 'deleted';
        break;
      case 'delete real server':
        // IPVS itself ends the connections of the other protocols (`expire_nodest_conn`).
        if (id.protocol === 'UDP') {
          const { address, port } = operation.realServer;
          this.#changeAt(id).goneRealServers.add(formatEndpoint(address, port));
        }
        break;
      // To a first real server lead no flows: until then IPVS drops each packet, and a refusal is a set's matter.
      case 'add real server':
        if (id.protocol === 'UDP') {
          const { address, port } = operation.realServer;
          this.#newRealServers.add(formatEndpoint(address, port));
          this.#families.add(address.family);
          this.#protocols.add('UDP');
        }
        break;
      case 'change virtual server':
      case 'change real server':
        break;
    }
  }

  /** Which ports lead to a virtual server for a mark is a matter of the packet filter. */
  #noteMarked(operation: Operation): void {
    if (operation.kind === 'add real server' || operation.kind === 'delete real server') {
      const { address } = operation.realServer;
      const isNew = operation.kind === 'add real server';
      this.#portRanges.noteRealServer(isNew ? 'new' : 'gone', address);
      this.#families.add(address.family);
      this.#protocols.add('UDP');
      if (!isNew) {
        this.#answered.add('UDP');
      }
    }
  }

  /** Takes note of a change of the packet filter that succeeded. */
  noteMemberChange({ kind, member: { role, entry } }: MemberChange): void {
    if (entry.kind === 'port ranges') {
      this.#notePortRanges(kind, entry);
      return;
    }
    const treatment = frontEndRoles.find((name) => name === role);
    if (treatment === undefined || entry.kind !== 'endpoint') {
      return;
    }
    const change = this.#changeAt(entry);
    change.treatmentChanged = true;
    if (kind === 'added') {
      change.treatment = treatment;
    } else if (change.treatment === treatment) {
      change.treatment = undefined;
    }
    if (entry.protocol === 'SCTP') {
      // A refusal is an answer, too, and leaves a flow behind that the next INIT finds.
      this.#answered.add('SCTP');
    }
  }

  #notePortRanges(kind: MemberChange['kind'], entry: PortRangesEntry): void {
    this.#portRanges.noteMember(kind, entry);
    this.#families.add(entry.address.family);
    for (const { protocol } of entry.ranges) {
      this.#protocols.add(protocol);
      if (protocol !== 'TCP') {
        this.#answered.add(protocol);
      }
    }
  }

  /** Takes note of a change of a VIP that succeeded. */
  noteAddressOperation({ kind, address }: AddressOperation): void {
    if (kind !== 'adopt') {
      this.#addresses.set(address.text, kind === 'bind' ? 'bound' : 'unbound');
      this.#families.add(address.family);
    }
  }

  isStale(flow: Flow): boolean {
    const { protocol, destination, destinationPort } = flow;
    const atFrontEnd = this.#changes.get(keyOf(protocol, destination, destinationPort));
    if (atFrontEnd !== undefined && contradicts(flow, atFrontEnd)) {
      return true;
    }
    const isLateAnswer = isUntranslated(flow);
    if (isLateAnswer && this.#isOfNewRealServer(flow)) {
      return true;
    }
    if (this.#portRanges.isStale(flow, isLateAnswer)) {
      return true;
    }
    const change = flow.answered ? undefined : this.#addresses.get(destination.text);
    return change !== undefined && isPastIpvs(flow) === (change === 'bound');
  }

  #isOfNewRealServer({ source, sourcePort }: Flow): boolean {
    return (
      this.#newRealServers.size > 0 && this.#newRealServers.has(formatEndpoint(source, sourcePort))
    );
  }

  #changeAt(where: {
    readonly protocol: Protocol;
    readonly address: IpAddress;
    readonly port: number;
  }): FrontEndChange {
    const { protocol, address, port } = where;
    this.#families.add(address.family);
    this.#protocols.add(protocol);
    if (protocol === 'UDP') {
      this.#answered.add('UDP');
    }
    const key = keyOf(protocol, address, port);
    const known = this.#changes.get(key);
    if (known !== undefined) {
      return known;
    }
    const change: FrontEndChange = {
      virtualServer: undefined,
      treatment: undefined,
      treatmentChanged: false,
      goneRealServers: new Set(),
    };
    this.#changes.set(key, change);
    return change;
  }
}

/** A late answer, or something else that nobody translates: then the next packet makes the same again. */
function isUntranslated({
  protocol,
  source,
  destination,
  answersFrom,
  answersTo,
  answered,
}: Flow): boolean {
  return (
    protocol === 'UDP' && !answered && answersFrom.equals(destination) && answersTo.equals(source)
  );
}

function contradicts(flow: Flow, change: FrontEndChange): boolean {
  // The node itself has answered, at the port 0 to which refused connections are led (KIPVS-CLOSED).
  if (flow.answersFromPort === 0) {
    return change.treatment !== 'refused';
  }
  if (flow.protocol === 'UDP' && isStaleUdp(flow, change)) {
    return true;
  }
  return !flow.answered && contradictsUnanswered(flow, change);
}

function isStaleUdp(flow: Flow, { virtualServer, goneRealServers }: FrontEndChange): boolean {
  return (
    virtualServer !== undefined ||
    isPastIpvs(flow) ||
    goneRealServers.has(formatEndpoint(flow.answersFrom, flow.answersFromPort))
  );
}

function contradictsUnanswered(flow: Flow, change: FrontEndChange): boolean {
  if (change.virtualServer === 'deleted') {
    return !isPastIpvs(flow);
  }
  if (change.virtualServer === undefined && !change.treatmentChanged) {
    return false;
  }
  if (isPastIpvs(flow)) {
    return true;
  }
  switch (change.treatment) {
    case 'external':
      return !isMasqueraded(flow);
    case 'local':
      return isMasqueraded(flow);
    case 'cluster':
    case 'node-only':
    case 'refused':
    case undefined:
      // Masqueraded or not, by who sends: the next packet is looked at afresh.
      return true;
  }
}

/** Whether the packets go to the VIP itself, and not to a real server. */
function isPastIpvs({ destination, destinationPort, answersFrom, answersFromPort }: Flow): boolean {
  return answersFromPort === destinationPort && answersFrom.equals(destination);
}

function isMasqueraded({ source, answersTo }: Flow): boolean {
  return !answersTo.equals(source);
}

function keyOf(protocol: Protocol, address: IpAddress, port: number): string {
  return `${protocol} ${formatEndpoint(address, port)}`;
}
