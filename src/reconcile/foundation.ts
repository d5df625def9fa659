/**
 * Something that must be in place before rows make sense (chains, kernel settings), and that
 * does not depend on Services. It is looked after at the start and in each audit.
 */
export interface Foundation {
  /** As an operator names it: `masquerade IPv4`. */
  readonly name: string;
  /** Puts it in place where it is not. Rejects with the reason; what can be done is done. */
  ensure(): Promise<void>;
}
