import { foreignAtVipAdvice } from '../../desired/foreign-at-vips.ts';
import { formatVirtualServer, type VirtualServerId } from '../../kernel/ipvs/model.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine } from '../finding.ts';

const kinds = kindsOf({
  'at-a-vip': {
    severity: 'warning',
    means: `A virtual server that kube-ipvs has not made stands at an address of a Service that has no such port. It is left alone, but connections to it from Pods and other hosts are refused, since such an address answers on the ports of its Service alone: ${foreignAtVipAdvice}. If nobody needs it, delete it.`,
    mend: 'ipvsadm -D TABLE ADDRESS',
  },
  foreign: {
    severity: 'note',
    means:
      'These are others’ virtual servers (keepalived, a person with ipvsadm, an earlier proxy). kube-ipvs never changes or deletes them, unless a Service claims the very same one.',
    mend: 'kube-ipvs show',
  },
});

interface ForeignSeen {
  readonly id: VirtualServerId;
  /** The Service at whose VIP it stands, without a port of that number. */
  readonly atVipOf: string | undefined;
}

interface Seen {
  readonly isLoaded: boolean;
  readonly total: number;
  readonly foreign: readonly ForeignSeen[];
}

/** Virtual servers of others. */
export const foreignVirtualServers = defineCheck<Seen>({
  name: 'foreign-virtual-servers',
  title: 'Virtual servers of others',
  looksAt:
    'All virtual servers without the mark of kube-ipvs, but for those that kube-proxy has left, and whether they stand at addresses of Services.',
  kinds,
  look: async (readers) => {
    const all = await readers.virtualServers();
    const cluster = await readers.cluster();
    const { virtualServers } = await readers.ipvsLeftovers();
    const ofKubeProxy = new Set(virtualServers.map(formatVirtualServer));
    const foreign = [...(all?.values() ?? [])]
      .filter(({ id, settings }) => !settings.owned && !ofKubeProxy.has(formatVirtualServer(id)))
      .map(({ id }) => id);
    return {
      isLoaded: all !== undefined,
      total: all?.size ?? 0,
      foreign: foreign
        .filter(
          (id) =>
            cluster.kind !== 'read' || cluster.serviceOf(formatVirtualServer(id)) === undefined,
        )
        .map((id) => ({
          id,
          atVipOf:
            cluster.kind === 'read' && id.kind === 'address'
              ? cluster.serviceAt(id.address.text)
              : undefined,
        })),
    };
  },
  judge: ({ isLoaded, total, foreign }) => {
    const atVips = foreign.filter(({ atVipOf }) => atVipOf !== undefined);
    const others = foreign.filter(({ atVipOf }) => atVipOf === undefined);
    const names = others.map(({ id }) => formatVirtualServer(id));
    const text =
      names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and others`;
    return orFine(
      [
        ...atVips.map(({ id, atVipOf }) =>
          found(
            kinds['at-a-vip'],
            `${formatVirtualServer(id)} at a VIP of Service ${atVipOf ?? ''}`,
            deletionOf(id),
          ),
        ),
        ...(names.length === 0
          ? []
          : [found(kinds.foreign, `${names.length} of ${total}: ${text}`)]),
      ],
      isLoaded ? `none among ${total}` : 'IPVS is not loaded: there are none',
    );
  },
});

const optionOf = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' } as const;

function deletionOf(id: VirtualServerId): string {
  if (id.kind === 'fwmark') {
    return `ipvsadm -D -f ${id.fwmark}${id.family === 'IPv6' ? ' -6' : ''}`;
  }
  const [, endpoint = ''] = formatVirtualServer(id).split(' ');
  // Brackets mean something to a shell.
  return `ipvsadm -D ${optionOf[id.protocol]} '${endpoint}'`;
}
