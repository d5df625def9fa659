import { vipLinkName } from '../../kernel/vip-link/protocol.ts';
import { countsAsNodeAddress } from '../../net/special-address.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine } from '../finding.ts';
import { shellWord } from '../shell-word.ts';

const kinds = kindsOf({
  'strict-with-several-links': {
    severity: 'warning',
    means:
      'The node has addresses on several links, and one of them takes only packets whose answer would leave by the same link (rp_filter 1, strict). A connection to a node port or load-balancer IP that comes in by this link is dropped without a trace where the way back is another link. Loose mode (2) checks only that there is a way back.',
    mend: 'sysctl -w net.ipv4.conf.LINK.rp_filter=2',
  },
  strict: {
    severity: 'note',
    means:
      'Strict mode does no harm while packets come in by the link by which answers leave, as with a single network; it drops them with asymmetric routes.',
  },
});

interface LinkSeen {
  readonly name: string;
  /** The mode in effect: the greater one of the link and of `all`. */
  readonly mode: number;
  /** It is a link to the network: up, and with an address of the node. */
  readonly isUplink: boolean;
}

interface Seen {
  readonly links: readonly LinkSeen[];
}

/** Which packets are dropped for where they came from. */
export const rpFilter = defineCheck<Seen>({
  name: 'rp-filter',
  title: 'Reverse path filter',
  looksAt:
    'net.ipv4.conf.LINK.rp_filter of each link that is up (the greater one of the link and of `all` counts), and how many links lead to a network.',
  kinds,
  look: async (readers) => {
    const all = Number((await readers.sysctl('net/ipv4/conf/all/rp_filter')) ?? 0);
    const addresses = await readers.addresses();
    const links: LinkSeen[] = [];
    for (const { name, index, kind, up } of await readers.links()) {
      // A name may have a dot in it (eth0.100), which is a part of it here.
      const own = await readers.sysctl(`net/ipv4/conf/${name}/rp_filter`);
      if (up && name !== 'lo' && name !== vipLinkName && own !== undefined) {
        const hasAddress = addresses.some(
          ({ linkIndex, address }) => linkIndex === index && countsAsNodeAddress(address),
        );
        const isUplink = hasAddress && !(kind !== undefined && kindsOfPodLinks.has(kind));
        links.push({ name, mode: Math.max(all, Number(own)), isUplink });
      }
    }
    return { links };
  },
  judge: ({ links }) => {
    const strict = links.filter(({ mode }) => mode === 1);
    const uplinks = links.filter(({ isUplink }) => isUplink);
    const risky = uplinks.length > 1 ? strict.filter(({ isUplink }) => isUplink) : [];
    const others = strict.filter((link) => !risky.includes(link));
    const names = others.map(({ name }) => name);
    return orFine(
      [
        ...risky.map(({ name }) =>
          found(
            kinds['strict-with-several-links'],
            `rp_filter of ${name} is 1 (strict), and ${uplinks.map((link) => link.name).join(', ')} have addresses of the node`,
            // sysctl takes a slash for the dots that separate, so that a name may have some.
            `sysctl -w ${shellWord(`net/ipv4/conf/${name}/rp_filter=2`)}`,
          ),
        ),
        ...(names.length === 0
          ? []
          : [found(kinds.strict, `rp_filter is 1 (strict) at ${shortList(names)}`)]),
      ],
      `no link of ${links.length} is in strict mode`,
    );
  },
});

/** What leads to Pods, or to other nodes for them: addresses there make no second network. */
const kindsOfPodLinks: ReadonlySet<string> = new Set([
  'veth',
  'bridge',
  'vxlan',
  'geneve',
  'ipip',
  'sit',
  'gre',
  'wireguard',
  'dummy',
  'ipvlan',
]);

function shortList(names: readonly string[]): string {
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${names.length - 4} others`;
}
