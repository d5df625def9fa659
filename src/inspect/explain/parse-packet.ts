import { closestName } from '../../base/text/closest-name.ts';
import { IpAddress } from '../../net/ip-address.ts';
import { protocols, type Protocol } from '../../net/protocol.ts';
import type { Destination, Packet, Sender } from './packet.ts';
import { QuestionError } from './question-error.ts';

const allowedSenders = '"node", "pod", "outside" or an IP address';
const allowedDestinations =
  'address:port or address:port/protocol, as 10.96.0.10:53/udp or [fd00:96::a]:53/tcp';

/**
 * Reads who sends (`node`, `pod`, `outside`, `10.244.1.5`) and where to (`10.96.0.10:53/udp`; TCP where
 * no protocol is named). Throws QuestionError, which calls the two `--from` and `--to`.
 */
export function parsePacket(fromText: string, toText: string): Packet {
  const from = parseSender(fromText);
  const to = parseDestination(toText);
  if (from.kind === 'address' && from.address.family !== to.address.family) {
    throw new QuestionError(
      `--from ${from.address.text} is ${from.address.family} and --to ${to.address.text} is ${to.address.family}: a packet has one family`,
    );
  }
  return { from, to };
}

/** Reads who sends. Throws QuestionError. */
export function parseSender(text: string): Sender {
  switch (text) {
    case 'node':
    case 'pod':
    case 'outside':
      return { kind: text };
    default: {
      const address = IpAddress.parse(text);
      if (address === undefined) {
        throw new QuestionError(`--from is ${JSON.stringify(text)}; allowed are ${allowedSenders}`);
      }
      return { kind: 'address', address };
    }
  }
}

/** Reads where to. Throws QuestionError. */
export function parseDestination(text: string): Destination {
  const { target, protocol } = splitProtocol(text);
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[^:[\]]*)):(?<port>\d+)$/.exec(target)?.groups;
  if (parts === undefined) {
    throw wrong(text, missingPart(target));
  }
  const address = IpAddress.parse(parts['ipv6'] ?? parts['ipv4'] ?? '');
  if (address === undefined) {
    throw wrong(text, 'has no IP address before the port');
  }
  const port = Number(parts['port']);
  if (port < 1 || port > 65_535) {
    throw wrong(text, `has the port ${parts['port'] ?? ''}, which is not in 1 to 65535`);
  }
  return { protocol, address, port };
}

function missingPart(target: string): string {
  if (IpAddress.parse(target)?.family === 'IPv6') {
    return 'has no port, or an IPv6 address without brackets';
  }
  return IpAddress.parse(target.replace(/^\[(.*)\]$/, '$1')) === undefined
    ? 'is no address with a port'
    : 'has no port';
}

function splitProtocol(text: string): { readonly target: string; readonly protocol: Protocol } {
  const slash = text.lastIndexOf('/');
  // What ends otherwise is no address with a port at all, and is said to be none.
  return slash === -1 || !/[\d\]]$/.test(text.slice(0, slash))
    ? { target: text, protocol: 'TCP' }
    : { target: text.slice(0, slash), protocol: parseProtocol(text.slice(slash + 1), text) };
}

/** Reads `tcp`, `udp` or `sctp` in any case; `whole` is what an error shows. Throws QuestionError. */
export function parseProtocol(text: string, whole: string): Protocol {
  const protocol = protocols.find((each) => each === text.toUpperCase());
  if (protocol === undefined) {
    const names = protocols.map((each) => each.toLowerCase());
    const near = closestName(text, names);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new QuestionError(
      `${JSON.stringify(whole)} has the protocol ${JSON.stringify(text)}; allowed are ${names.join(', ')}${hint}`,
    );
  }
  return protocol;
}

function wrong(text: string, reason: string): QuestionError {
  return new QuestionError(
    `--to is ${JSON.stringify(text)}, which ${reason}; allowed is ${allowedDestinations}`,
  );
}
