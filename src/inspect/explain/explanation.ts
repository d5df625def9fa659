/** What becomes of a packet. */
export type Verdict =
  /** To one of the real servers. */
  | 'forwarded'
  /** The sender is told so at once. */
  | 'refused'
  /** Nobody tells the sender. */
  | 'dropped'
  /** No matter of kube-ipvs: the node itself, its routes or somebody else's rules decide. */
  | 'not-ours';

/** Whose address a real server sees as the source. */
export type SeenSource = 'client' | 'node';

/** One step of an explanation: what is so, and what decided it. */
export interface Step {
  /** A sentence without a full stop. */
  readonly text: string;
  /** The object that says so: `Service default/web`, `EndpointSlice default/web-1`, `configuration`. */
  readonly object?: string;
  /** Its field: `spec.externalTrafficPolicy`. */
  readonly field?: string;
  /** The role by which the packet filter decides (docs/masquerade.md). */
  readonly rule?: string;
  /** Where the packet filter that is at work has that role: `map sources-4, chain own-source-4`. */
  readonly place?: string;
}

/** What becomes of a packet. */
export interface Outcome {
  readonly verdict: Verdict;
  /** The Service that holds the virtual server: `default/web`; null where none takes the packet. */
  readonly service: string | null;
  /** Where it may go: `10.244.1.5:8080`. Empty unless it is forwarded. */
  readonly realServers: readonly string[];
  /** What all of the real servers see as the source; `depends` where they differ, null where there are none. */
  readonly source: SeenSource | 'depends' | null;
  /** What each of the real servers sees. */
  readonly sources: Readonly<Record<string, SeenSource>>;
}

/** What becomes of a packet, and why. */
export interface Explanation extends Outcome {
  /** `UDP 10.96.0.10:53`, `fwmark 5 (IPv4)`; null where none takes the packet. */
  readonly virtualServer: string | null;
  readonly steps: readonly Step[];
  /** Where the kernel is not as it should be; empty where it could not be read. */
  readonly warnings: readonly string[];
}

/** A front end of a Service, and what becomes of packets to it, by who sends them. */
export interface FrontEndExplanation {
  /** `TCP 10.96.0.1:80`, `fwmark 5 (IPv4)` */
  readonly virtualServer: string;
  /** Where that is for a mark, what gets it: `UDP 203.0.113.9:10000-20000`; the first of these ports was asked for. */
  readonly ports?: string;
  /** `cluster IP`, `node port`, `load-balancer IP`, `external IP` */
  readonly kind: string;
  /** By the sender, `a Pod`. Why is not said: that would be all of a Service's endpoints each time. */
  readonly from: Readonly<Record<string, Outcome>>;
}

/**
 * What becomes of a Service, and why. What it says as an Explanation is of the first of its front ends,
 * asked by the first of the senders; where it has none, nothing of it is ours.
 */
export interface ServiceExplanation extends Explanation {
  readonly frontEnds: readonly FrontEndExplanation[];
}
