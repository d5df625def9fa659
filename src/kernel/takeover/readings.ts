/** What a server of this node answered. */
export type ServedReading =
  /** The configuration turns it off. */
  | { readonly kind: 'off' }
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string };

/** The two servers that kube-proxy and kube-ipvs have at the same ports. */
export type ServedEndpoint = 'health' | 'metrics';

/** Asks whoever serves there. */
export interface Served {
  served(endpoint: ServedEndpoint, path: string): Promise<ServedReading>;
}

export interface ProcessSeen {
  readonly pid: number;
  /** The kernel's name of it, of 15 letters at most: `kube-proxy`. */
  readonly name: string;
  /** The command line, a blank between its words. */
  readonly commandLine: string;
}

export interface ProcessesReading {
  /** False in a container, which sees its own processes alone. */
  readonly seesHost: boolean;
  readonly processes: readonly ProcessSeen[];
}
