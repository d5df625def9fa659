import { describeOperation } from '../../src/kernel/ipvs/ipvs-error.ts';
import {
  formatRealServer,
  type Operation,
  type RealServers,
  type VirtualServer,
  type VirtualServerSettings,
} from '../../src/kernel/ipvs/model.ts';
import type { ObservedVirtualServer } from '../../src/kernel/ipvs/virtual-server-difference.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import type { Protocol } from '../../src/net/protocol.ts';
import type { Difference } from '../../src/reconcile/kind.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import { ip } from './cluster-objects.ts';
import { plainSettings, realServer } from './ipvs-examples.ts';

/** Rows of the tables for tests to vary. */

/** What a test may say of a front end, in one list. */
export interface FrontEndFields
  extends VirtualServerSettings, Omit<DesiredFrontEnd, 'virtualServer'> {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
  readonly realServers: RealServers;
}

/** `TCP 10.96.0.1:80`, scheduler rr, without real servers. */
const plain: FrontEndFields = {
  ...plainSettings,
  owned: true,
  protocol: 'TCP',
  address: ip('10.96.0.1'),
  port: 80,
  realServers: new Map(),
  drainTimeoutMs: undefined,
  slowStartMs: undefined,
  members: [],
};

/** `TCP 10.96.0.1:80`, scheduler rr, without real servers, but for these fields. */
export function frontEnd(fields: Partial<FrontEndFields> = {}): DesiredFrontEnd {
  const { protocol, address, port, realServers: servers, ...others } = { ...plain, ...fields };
  const { drainTimeoutMs, slowStartMs, members, ...settings } = others;
  const id = { kind: 'address', protocol, address, port } as const;
  const virtualServer = { id, settings, realServers: servers };
  return { virtualServer, drainTimeoutMs, slowStartMs, members };
}

/** The same front end but for these fields. */
export function changed(row: DesiredFrontEnd, fields: Partial<FrontEndFields>): DesiredFrontEnd {
  const { virtualServer, drainTimeoutMs, slowStartMs, members } = row;
  const { id, settings, realServers: servers } = virtualServer;
  if (id.kind !== 'address') {
    throw new Error("the test's own front end has no address");
  }
  const { protocol, address, port } = id;
  const place = { protocol, address, port };
  return frontEnd({
    ...place,
    ...settings,
    realServers: servers,
    drainTimeoutMs,
    slowStartMs,
    members,
    ...fields,
  });
}

/** Real servers at port 8080 with weight 1, under the keys of the tables. */
export function realServers(...addresses: string[]): RealServers {
  return byKey(addresses.map((address) => realServer(address)));
}

function byKey(all: Iterable<ReturnType<typeof realServer>>): RealServers {
  return new Map(Array.from(all, (each) => [formatRealServer(each), each]));
}

/** The virtual server as the kernel holds it when nothing differs but these settings. */
export function heldAs(
  { virtualServer: { id, settings, realServers: servers } }: DesiredFrontEnd,
  drifted: Partial<VirtualServerSettings> = {},
): VirtualServer {
  return { id, settings: { ...settings, ...drifted }, realServers: new Map(servers) };
}

/** The same as the loop observes it: with connections, as far as anybody knows. */
export function observedAs(
  desired: DesiredFrontEnd,
  drifted: Partial<VirtualServerSettings> = {},
): ObservedVirtualServer {
  return { virtualServer: heldAs(desired, drifted), drained: new Set() };
}

/** As the kernel shows it when one of its real servers drains: that has weight 0. */
export function withDraining(
  { virtualServer, drained }: ObservedVirtualServer,
  endpoint: string,
  drain: 'over' | 'unknown',
): ObservedVirtualServer {
  const draining = virtualServer.realServers.get(endpoint);
  if (draining === undefined) {
    throw new Error(`the test's own virtual server has no ${endpoint}`);
  }
  const servers = new Map(virtualServer.realServers).set(endpoint, { ...draining, weight: 0 });
  return {
    virtualServer: { ...virtualServer, realServers: servers },
    drained: drain === 'over' ? new Set([...drained, endpoint]) : drained,
  };
}

/** A difference in the words of operators. */
export function described({ additions, removals }: Difference<Operation>): Difference<string> {
  return {
    additions: additions.map(describeOperation),
    removals: removals.map(describeOperation),
  };
}
