import { NetlinkError } from '../../netlink/netlink-error.ts';
import { formatEntry } from '../filter-entry.ts';
import { isMember, type ElementChange, type ObservedMember } from './element-change.ts';

/** A change of what the packet filter knows of Services, that the kernel refused. */
export class ElementError extends Error {
  override readonly name = 'ElementError';
  /** The errno's name. */
  readonly code: string;

  /** What the kernel said is the cause, or the cause of that. */
  constructor(change: ElementChange, cause: Error) {
    super(`${describe(change)}: ${cause.message}`, { cause });
    this.code = [cause, cause.cause].find((one) => one instanceof NetlinkError)?.code ?? 'EIO';
  }
}

function describe({ before, after }: ElementChange): string {
  if (after !== undefined) {
    return `add ${after.role} ${formatEntry(after.entry)} to the table kube-ipvs`;
  }
  return `delete ${wordsOf(before)} from the table kube-ipvs`;
}

function wordsOf(before: ObservedMember | undefined): string {
  if (before === undefined) {
    return 'elements';
  }
  if (isMember(before)) {
    return `${before.role} ${formatEntry(before.entry)}`;
  }
  return 'address' in before ? `port-ranges ${before.address.text}` : 'elements';
}
