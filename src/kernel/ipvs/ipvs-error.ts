import { isOutcomeUnknown, type NetlinkError } from '../netlink/netlink-error.ts';
import { slowStartSteps } from './effective-weight.ts';
import { formatRealServer, formatVirtualServer, type Operation, type SlowStart } from './model.ts';

/** The kernel refused a change: which object, which operation, which errno and what it means. */
export class IpvsError extends Error {
  override readonly name = 'IpvsError';
  /** The errno's name: `ENOENT`. */
  readonly code: string;
  readonly operation: Operation;
  /** The kernel may have done it all the same; only a fresh read tells. */
  readonly outcomeUnknown: boolean;

  constructor(operation: Operation, cause: NetlinkError) {
    const meaning = meaningOf(operation, cause.code);
    super(`${describeOperation(operation)}: ${meaning ?? cause.message}`, { cause });
    this.code = cause.code;
    this.operation = operation;
    this.outcomeUnknown = isOutcomeUnknown(cause);
  }
}

/** IPVS cannot be used on this node: the reason, and how to mend it. */
export class IpvsUnavailableError extends Error {
  override readonly name = 'IpvsUnavailableError';
  readonly reason: 'module missing' | 'not permitted' | 'no answer';

  constructor(reason: IpvsUnavailableError['reason'], message: string, cause: NetlinkError) {
    super(message, { cause });
    this.reason = reason;
  }

  /** From the kernel's answer to the first question. */
  static from(cause: NetlinkError): IpvsUnavailableError {
    switch (cause.code) {
      case 'ENOENT':
        return new IpvsUnavailableError(
          'module missing',
          'the kernel has no IPVS: load the module with "modprobe ip_vs" (package linux-modules or kernel-modules of the distribution)',
          cause,
        );
      case 'EPERM':
      case 'EACCES':
        return new IpvsUnavailableError(
          'not permitted',
          'the right to use IPVS is missing: run as root or with the capability NET_ADMIN in the network namespace of the node',
          cause,
        );
      default:
        return new IpvsUnavailableError(
          'no answer',
          `the kernel does not respond to requests about IPVS: ${cause.message}`,
          cause,
        );
    }
  }
}

/** `add real server 10.244.0.7:8080 to TCP 10.96.0.1:80`. */
export function describeOperation(operation: Operation): string {
  const virtualServer = formatVirtualServer(operation.id);
  switch (operation.kind) {
    case 'add virtual server': {
      const count = operation.realServers?.size ?? 0;
      const withThem = count === 0 ? '' : ` with ${count} real server${count === 1 ? '' : 's'}`;
      return `${operation.kind} ${virtualServer} (scheduler ${operation.settings.scheduler})${withThem}`;
    }
    case 'change virtual server':
      return `${operation.kind} ${virtualServer} (scheduler ${operation.settings.scheduler})`;
    case 'delete virtual server':
      return `${operation.kind} ${virtualServer}`;
    case 'add real server':
      return `${operation.kind} ${formatRealServer(operation.realServer)} to ${virtualServer}${describeStart(operation)}`;
    case 'change real server':
      return `${operation.kind} ${formatRealServer(operation.realServer)} of ${virtualServer} (weight ${operation.realServer.weight})${describeStart(operation)}`;
    case 'delete real server':
      return `${operation.kind} ${formatRealServer(operation.realServer)} from ${virtualServer}`;
  }
}

function describeStart({ slowStart }: { readonly slowStart?: SlowStart }): string {
  return slowStart === undefined
    ? ''
    : `, step ${slowStart.step} of ${slowStartSteps} of its slow start`;
}

/** What an errno means here (net/netfilter/ipvs/ip_vs_ctl.c), where its own text misleads. */
function meaningOf(operation: Operation, code: string): string | undefined {
  const aboutVirtualServer = operation.kind.endsWith('virtual server');
  switch (code) {
    case 'ENOENT':
      if (aboutVirtualServer && 'settings' in operation) {
        return `ENOENT: the kernel has no scheduler "${operation.settings.scheduler}"; its module ip_vs_${operation.settings.scheduler} could not be loaded`;
      }
      return aboutVirtualServer
        ? 'ENOENT: the virtual server does not exist'
        : 'ENOENT: the real server does not exist';
    case 'ESRCH':
      return 'ESRCH: the virtual server does not exist';
    case 'EEXIST':
      return 'EEXIST: it exists already';
    case 'EINVAL':
      return 'EINVAL: the kernel refuses it; is one of the addresses not a unicast address?';
    default:
      return undefined;
  }
}
