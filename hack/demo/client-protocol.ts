/** What the walk asks of the client process. */
export type Order =
  /** Every client makes so many requests, one after the other, each over a new connection. */
  | { readonly kind: 'load'; readonly requestsPerClient: number }
  /** One request over a connection that is kept open, and used again the next time. */
  | { readonly kind: 'hold' }
  /** Closes the connection that is kept open. */
  | { readonly kind: 'release' };

/** A request that was answered: by which Pod; or else why not. */
export interface Answer {
  /** Number of the client, from 1. */
  readonly client: number;
  readonly pod?: string;
  readonly error?: string;
  /** The request went over a connection that had carried one before. */
  readonly reused: boolean;
}
