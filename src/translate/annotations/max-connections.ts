import {
  allowedConnectionLimits,
  parseConnectionLimits,
  type ConnectionLimits,
} from '../connection-limits.ts';
import type { Annotation } from './annotation.ts';

/** How many connections each real server may have; undefined for any number. */
export const maxConnections: Annotation<ConnectionLimits | undefined, 'InvalidMaxConnections'> = {
  name: 'kube-ipvs.io/max-connections',
  aliases: [],
  reasons: { InvalidMaxConnections: 'the limit of connections cannot be read' },
  docs: {
    title: 'Limit of connections',
    form: '`200`, `200/150`; `0` for no limit',
    without: '`kubeIpvs.maxConnections` of the configuration',
    example: { 'kube-ipvs.io/max-connections': '200/150' },
    text: `Each real server takes so many connections from each node and no more; new ones go to the others. It
takes new ones again when it has fewer than the second number, or three quarters of the first where there is
no second. When all real servers of a Service are full, the kernel lets no new connection through: a client
of TCP or UDP has "connection refused", and one of SCTP hears nothing.

The kernel counts what it remembers: a TCP connection that was closed counts for two minutes more, a UDP flow
until \`ipvs.udpTimeout\`; a client that session affinity keeps does not count. So for short
connections the limit is one of connections in two minutes. Connections above a limit that is lowered go on.
\`sh\`, \`mh\` and \`dh\` choose by a hash, and refuse a client whose real server is full though others are not,
unless \`kube-ipvs.io/scheduler-flags\` has \`sh-fallback\` or \`mh-fallback\`.

Full real servers are \`full\` in [\`kube-ipvs show\`](show.md), counted in \`kube_ipvs_full_real_servers\`; where new
connections are refused for that, \`show --problems\`, \`explain\` and \`doctor\` say so, and
\`kube_ipvs_virtual_servers_refusing_for_limits\` counts them.`,
  },

  byDefault({ defaults }) {
    return defaults.connectionLimits;
  },

  read({ value }, byDefault) {
    const limits = parseConnectionLimits(value);
    if (limits !== undefined) {
      return { usable: true, value: limits === 'none' ? undefined : limits };
    }
    const kept = byDefault === undefined ? 'there is no limit' : `the limit is ${byDefault.upper}`;
    const allowed = `${allowedConnectionLimits}; ${kept}`;
    return { usable: false, mistake: { reason: 'InvalidMaxConnections', allowed } };
  },
};
