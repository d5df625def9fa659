import { runCommand } from './run-command.ts';

/** A real server as `ipvsadm -Sn` shows it. */
export interface ShownRealServer {
  /** `10.244.0.7:8080`, `[fd00::7]:8080` */
  readonly address: string;
  readonly method: 'masq' | 'tunnel' | 'route';
  readonly weight: number;
}

/** A virtual server as `ipvsadm -Sn` shows it, in the form of the golden cases. */
export interface ShownVirtualServer {
  /** FWM and FWM6 are virtual servers by firewall mark, whose `address` is the mark. */
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'FWM' | 'FWM6';
  readonly address: string;
  readonly scheduler: string;
  /** ipvsadm's other flags as it writes them: `-p 600`, `-o`, `-b sh-port`. */
  readonly options?: string;
  readonly realServers: readonly ShownRealServer[];
}

const protocolOf = {
  '-t': 'TCP',
  '-u': 'UDP',
  '--sctp-service': 'SCTP',
  '-f': 'FWM',
} as const satisfies Record<string, ShownVirtualServer['protocol']>;

const methodOf = {
  '-m': 'masq',
  '-i': 'tunnel',
  '-g': 'route',
} as const satisfies Record<string, ShownRealServer['method']>;

/**
 * Runs ipvsadm and answers what it writes. Rejects where it fails, and outside a test kernel:
 * the tests that use it empty the table of IPVS.
 */
export async function ipvsadm(...flags: readonly string[]): Promise<string> {
  if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] === undefined) {
    throw new Error('this test changes the kernel: run it with hack/in-test-kernel');
  }
  return runCommand('ipvsadm', ...flags);
}

/** The table of the kernel as ipvsadm shows it, in a fixed order. */
export async function shownTable(): Promise<ShownVirtualServer[]> {
  return parseIpvsadm(await ipvsadm('-Sn'));
}

/** Reads the text of `ipvsadm -Sn`; the order is by protocol and address. Throws on what it does not know. */
export function parseIpvsadm(text: string): ShownVirtualServer[] {
  const table: { head: Omit<ShownVirtualServer, 'realServers'>; tail: ShownRealServer[] }[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const words = line.split(' ').filter((word) => word !== '');
    if (words[0] === '-A') {
      table.push({ head: parseVirtualServer(words, line), tail: [] });
    } else {
      table.at(-1)?.tail.push(parseRealServer(words, line));
    }
  }
  return table
    .map(({ head, tail }) => ({ ...head, realServers: sorted(tail, ({ address }) => address) }))
    .sort((a, b) => compare(`${a.protocol} ${a.address}`, `${b.protocol} ${b.address}`));
}

/** Puts things in the order in which `parseIpvsadm` has them. */
export function sorted<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...items].sort((a, b) => compare(key(a), key(b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `-A -t 10.96.0.1:80 -s rr -p 600`, `-A -f 7 -6 -s rr` */
function parseVirtualServer(
  words: readonly string[],
  line: string,
): Omit<ShownVirtualServer, 'realServers'> {
  const protocol = known(protocolOf, words[1], line);
  const isIpv6Mark = words[3] === '-6';
  const at = isIpv6Mark ? 4 : 3;
  const [address, flag, scheduler] = [words[2], words[at], words[at + 1]];
  if (address === undefined || flag !== '-s' || scheduler === undefined) {
    throw new Error(`ipvsadm shows an unknown virtual server: ${line}`);
  }
  const options = words.slice(at + 2).join(' ');
  return {
    protocol: isIpv6Mark ? 'FWM6' : protocol,
    address,
    scheduler,
    ...(options === '' ? {} : { options }),
  };
}

/** `-a -t 10.96.0.1:80 -r 10.244.0.7:8080 -m -w 1`, with `--tun-type ipip` for tunnels */
function parseRealServer(words: readonly string[], line: string): ShownRealServer {
  const at = words.indexOf('-r');
  const [address, method, flag, weight] = words.slice(at + 1, at + 5);
  if (words[0] !== '-a' || at === -1 || address === undefined || flag !== '-w') {
    throw new Error(`ipvsadm shows an unknown real server: ${line}`);
  }
  return { address, method: known(methodOf, method, line), weight: Number(weight) };
}

function known<T extends string>(
  values: Readonly<Record<string, T>>,
  flag: string | undefined,
  line: string,
): T {
  const value = flag === undefined ? undefined : values[flag];
  if (value === undefined) {
    throw new Error(`ipvsadm shows the unknown flag ${flag ?? '(none)'}: ${line}`);
  }
  return value;
}
