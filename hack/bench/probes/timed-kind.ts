import { kernelTransport, type OpenTransport } from '../../../src/kernel/netlink/transport.ts';
import type { NetlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import type { Kind } from '../../../src/reconcile/kind.ts';
import type { Stopwatch } from '../stopwatch.ts';

/** A kind that adds up how long its reads (`list`) and its changes (`apply`) take; itself without a stopwatch. */
export function timedKind<Desired, Observed, Change>(
  kind: Kind<Desired, Observed, Change>,
  stopwatch: Stopwatch | undefined,
): Kind<Desired, Observed, Change> {
  if (stopwatch === undefined) {
    return kind;
  }
  return {
    name: kind.name,
    list: (sink) => stopwatch.time(`${kind.name}: list`, () => kind.list(sink)),
    read: (known) => kind.read(known),
    difference: (desired, observed) => kind.difference(desired, observed),
    apply: (changes) => stopwatch.time(`${kind.name}: apply`, () => kind.apply(changes)),
    sizeOf: (change) => kind.sizeOf?.(change) ?? 1,
    after: (observed, changes, desired) => kind.after(observed, changes, desired),
  };
}

/**
 * The kernel's socket, which adds up the time spent in sending: the kernel works through a
 * datagram before `send` returns. Without a stopwatch the socket alone.
 */
export function timedTransport(
  protocol: NetlinkProtocol,
  part: string,
  stopwatch: Stopwatch | undefined,
): OpenTransport {
  const open = kernelTransport(protocol);
  if (stopwatch === undefined) {
    return open;
  }
  return (events, answers) => {
    const transport = open(events, answers);
    return {
      send(datagram) {
        const startedAt = performance.now();
        transport.send(datagram);
        stopwatch.add(part, performance.now() - startedAt);
      },
      isBusy: () => transport.isBusy?.() === true,
      close() {
        transport.close();
      },
    };
  };
}
