/**
 * Something that must be in place before rows make sense (chains, kernel settings), and that
 * does not depend on Services. It is looked after at the start and in each audit.
 */
export interface Foundation {
  /** As an operator names it: `masquerade IPv4`. */
  readonly name: string;
  /** The names of those that it is made of: where it has to be put in place again, they are looked after first. */
  readonly needs?: readonly string[];
  /**
   * Puts it in place where it is not. What can be done is done. Rejects with ImpossibleError where
   * this kernel cannot have it, and with any other error where it may be had later: a lock is held,
   * memory is short, a program is missing.
   */
  ensure(): Promise<void>;
}

/**
 * What this kernel cannot have, or this process may not do. Reported once, looked at again in audits
 * alone, and no reason to take the node for not ready.
 */
export class ImpossibleError extends Error {
  override readonly name = 'ImpossibleError';
  /** Whose matter it is: the kernel lacks a module, or the operator gives this process no right to it. */
  readonly lack: 'module' | 'right';

  constructor(message: string, lack: 'module' | 'right' = 'module', options?: ErrorOptions) {
    super(message, options);
    this.lack = lack;
  }
}

/** What the kernel says when it would do something later, by the errno's name. */
export const passingErrnos: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'ETIMEDOUT',
]);
