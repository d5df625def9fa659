import { isOutcomeUnknown, NetlinkError } from '../netlink/netlink-error.ts';
import { setErrorCode, setErrors } from './protocol.ts';
import { formatSetEntry } from './set-entry.ts';
import type { SetOperation } from './model.ts';

/** The kernel refused to change what a set holds. */
export class SetError extends Error {
  override readonly name = 'SetError';
  /** The errno's name. */
  readonly code: string;
  readonly operation: SetOperation;
  /** The kernel may have done it all the same; only a fresh read tells. */
  readonly outcomeUnknown: boolean;

  constructor(operation: SetOperation, reason: NetlinkError) {
    const cause = withSetErrorName(reason);
    const { kind, set, entry } = operation;
    super(`${kind} ${formatSetEntry(entry)} of set ${set.name}: ${meaningOf(cause)}`, { cause });
    this.code = cause.code;
    this.operation = operation;
    this.outcomeUnknown = isOutcomeUnknown(cause);
  }
}

/** Sets cannot be used on this node: the reason, and how to mend it. */
export class SetsUnavailableError extends Error {
  override readonly name = 'SetsUnavailableError';
}

/** The same error, by the name that ipset has for numbers that the platform does not know. */
export function withSetErrorName(error: NetlinkError): NetlinkError {
  const number = /^E(\d+)$/.exec(error.code)?.[1];
  const named = number === undefined ? undefined : setErrors.get(Number(number));
  return named === undefined ? error : new NetlinkError(...named);
}

function meaningOf(cause: NetlinkError): string {
  switch (cause.code) {
    case 'ENOENT':
      return 'ENOENT: the set does not exist';
    case setErrorCode.entryAbsent:
      return 'the entry is not there';
    case setErrorCode.full:
      return 'the set is full';
    default:
      return cause.message;
  }
}
