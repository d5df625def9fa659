import type { Annotation } from './annotation.ts';

type Reason = 'InvalidAffinityAcrossPorts' | 'AffinityAcrossPortsIgnored';

/** Whether a client stays with one endpoint over all ports of a Service. */
export const affinityAcrossPorts: Annotation<boolean, Reason> = {
  name: 'kube-ipvs.io/affinity-across-ports',
  aliases: [],
  reasons: {
    InvalidAffinityAcrossPorts: 'it is neither true nor false',
    AffinityAcrossPortsIgnored: 'there is no session affinity, or a port has another target port',
  },
  docs: {
    title: 'Affinity across ports',
    form: '`true` or `false`',
    without: 'each port of the spec has an affinity of its own',
    example: { 'kube-ipvs.io/affinity-across-ports': 'true' },
    text: `With \`sessionAffinity: ClientIP\` a client stays with one Pod over all ports of the Service, whatever their
protocols. Port ranges are such a whole in any case; with this the ports of the spec belong to it, if they are the same as
their target ports and their endpoints are those of the first port. Another one keeps an affinity of its own, and an
Event names it. Node ports keep one of their own too. See [port-ranges.md](port-ranges.md).`,
  },

  byDefault: () => false,

  read({ value }) {
    if (value !== 'true' && value !== 'false') {
      const allowed = 'must be true or false; it counts as false';
      return { usable: false, mistake: { reason: 'InvalidAffinityAcrossPorts', allowed } };
    }
    return { usable: true, value: value === 'true' };
  },
};
