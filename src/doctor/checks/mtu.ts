import { vipLinkName } from '../../kernel/vip-link/protocol.ts';
import { countsAsNodeAddress } from '../../net/special-address.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { shellWord } from '../shell-word.ts';

const kinds = kindsOf({
  'tunnel-too-large': {
    severity: 'warning',
    means:
      'Packets that the tunnel between nodes takes do not fit the network below it once its header is added: small requests work, large answers hang. Set the MTU in the network plugin, and restart Pods, whose links keep the old one.',
    mend: 'ip link set dev LINK mtu VALUE',
  },
  'pod-link-too-large': {
    severity: 'note',
    means:
      'Links of Pods take larger packets than the tunnel to other nodes. Connections find the smaller size by ICMP; where something filters that, large packets are lost. Set the MTU in the network plugin.',
  },
});

/** What a tunnel adds to each packet, in bytes. */
const overheadOf: Readonly<Record<string, number>> = {
  vxlan: 50,
  geneve: 50,
  ipip: 20,
  sit: 20,
  gre: 24,
  wireguard: 60,
};
const podLinks: ReadonlySet<string> = new Set(['veth', 'bridge']);

interface LinkSeen {
  readonly name: string;
  readonly kind: string | undefined;
  readonly mtu: number;
  readonly hasAddress: boolean;
}

interface Seen {
  readonly links: readonly LinkSeen[];
}

/** Sizes of packets, from Pods to the network. */
export const mtu = defineCheck<Seen>({
  name: 'mtu',
  title: 'MTU',
  looksAt: `The MTU of the links to the network, of tunnels between nodes and of links of Pods. That of ${vipLinkName} does not matter: no packet goes through it.`,
  kinds,
  look: async (readers) => {
    const addresses = await readers.addresses();
    const links: LinkSeen[] = [];
    for (const { name, kind, index, up } of await readers.links()) {
      const text = up ? await readers.file(`/sys/class/net/${name}/mtu`) : undefined;
      if (text !== undefined && name !== 'lo' && name !== vipLinkName) {
        const hasAddress = addresses.some(
          ({ linkIndex, address }) => linkIndex === index && countsAsNodeAddress(address),
        );
        links.push({ name, kind, mtu: Number(text), hasAddress });
      }
    }
    return { links };
  },
  judge: ({ links }) => {
    const tunnels = links.filter(({ kind, hasAddress }) => hasAddress && overheadOf[kind ?? '']);
    const uplinks = links.filter(
      ({ kind, hasAddress }) =>
        hasAddress && !podLinks.has(kind ?? '') && kind !== 'dummy' && !overheadOf[kind ?? ''],
    );
    const below = Math.max(0, ...uplinks.map((link) => link.mtu));
    const findings: Finding[] = [];
    for (const { name, kind = '', mtu: present } of tunnels) {
      const most = below - (overheadOf[kind] ?? 0);
      if (below > 0 && present > most) {
        findings.push(
          found(
            kinds['tunnel-too-large'],
            `${name} (${kind}) has MTU ${present}; the network below has ${below}, which leaves ${most}`,
            `ip link set dev ${shellWord(name)} mtu ${most}`,
          ),
        );
      }
    }
    const least = Math.min(Infinity, ...tunnels.map((link) => link.mtu));
    const larger = links.filter(
      ({ kind, mtu: present }) => podLinks.has(kind ?? '') && present > least,
    );
    const [first] = larger;
    if (first !== undefined) {
      const others = larger.length === 1 ? '' : ` and ${larger.length - 1} others`;
      const seen = `${first.name}${others} with MTU ${first.mtu}, the tunnel with ${least}`;
      findings.push(found(kinds['pod-link-too-large'], seen));
    }
    const sizes = [...uplinks, ...tunnels].map((link) => `${link.name} ${link.mtu}`);
    return orFine(findings, sizes.length === 0 ? 'no link to a network' : sizes.join(', '));
  },
});
