import type { IpAddress } from '../net/ip-address.ts';
import type { DesiredVirtualServer } from '../kernel/ipvs/virtual-server-difference.ts';
import type { EjectionRule } from '../outliers/ejection-rule.ts';
import type { FilterMember } from '../kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../kernel/packet-filter/marked-range.ts';
import type { Traffic } from './front-end.ts';
import type { ServiceProblem } from './service-problem.ts';

/** What a Service becomes: the rows that it wants in the kernel's tables. */
export interface Translation {
  readonly virtualServers: readonly DesiredFrontEnd[];
  /** The VIPs among them, each once; node addresses are not bound. */
  readonly boundAddresses: readonly IpAddress[];
  /** What the Service as a whole wants in the sets of the chains. */
  readonly members: readonly FilterMember[];
  /** Its ports beyond single ones; undefined for hardly any Service. */
  readonly portRanges: PortRanges | undefined;
  /** What a load balancer is to be told about this node, where it asks. */
  readonly healthCheck: HealthCheck | undefined;
  readonly problems: readonly ServiceProblem[];
  readonly withoutLocalEndpoints: LackOfLocalEndpoints;
  /** Its endpoints have the weights of their Nodes. */
  readonly needsNodeWeights: boolean;
}

/** Ports of addresses that virtual servers for marks take. */
export interface PortRanges {
  /** What the Service asks for; an older one may claim some of it. */
  readonly addresses: readonly MarkedAddress[];
  /** The traffics that have a mark of their own. */
  readonly traffics: ReadonlySet<Traffic>;
}

export interface MarkedAddress {
  readonly address: IpAddress;
  readonly ranges: readonly MarkedRange[];
}

/** Of which traffic the policy is Local, and endpoints are there, but none on this node. */
export type LackOfLocalEndpoints = Readonly<Record<Traffic, boolean>>;

export const noLackOfLocalEndpoints: LackOfLocalEndpoints = { internal: false, external: false };

/** What a Service becomes that is not served here. */
export const noTranslation: Translation = {
  virtualServers: [],
  boundAddresses: [],
  members: [],
  portRanges: undefined,
  healthCheck: undefined,
  problems: [],
  withoutLocalEndpoints: noLackOfLocalEndpoints,
  needsNodeWeights: false,
};

/** The answer at the health-check node port of a load balancer of policy Local. */
export interface HealthCheck {
  readonly nodePort: number;
  /** Ready endpoints on this node, each Pod once. */
  readonly localEndpoints: number;
}

/** The virtual server of a front end, and what goes with it. */
export interface DesiredFrontEnd extends DesiredVirtualServer {
  /** That it ejects real servers which fail; missing where it does not. */
  readonly ejection?: EjectionRule;
  /** What this front end wants in the sets of the chains. */
  readonly members: readonly FilterMember[];
}
