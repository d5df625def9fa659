import { parseGoDuration } from '../../base/go-duration.ts';
import type { Annotation } from './annotation.ts';

/**
 * How long a real server may keep its connections after it is no longer wanted, in milliseconds;
 * undefined for no limit.
 */
export const drainTimeout: Annotation<number | undefined, 'InvalidDrainTimeout'> = {
  name: 'kube-ipvs.io/drain-timeout',
  aliases: [],
  reasons: { InvalidDrainTimeout: 'the limit of draining is no duration' },
  docs: {
    title: 'Draining',
    form: 'a Go duration: `5m`, `30s`, `0s`',
    without: '`kubeIpvs.drainTimeout` of the configuration',
    example: { 'kube-ipvs.io/drain-timeout': '5m' },
    text: `A real server that is no longer wanted gets weight 0: open TCP and SCTP connections go on, new ones
go elsewhere. When its last connection is over it is deleted; IPVS keeps a TCP connection for two
minutes after it was closed. An endpoint that comes back meanwhile gets its weight back. The limit,
where there is one, ends the wait: then the real server goes with its connections. \`0s\` means at
once. UDP knows no connections and goes at once. Draining goes on over a restart of the program; the
time of a limit starts anew then.`,
  },

  byDefault({ defaults }) {
    return defaults.drainTimeoutMs;
  },

  read({ value }, byDefault) {
    const limitMs = parseGoDuration(value);
    if (limitMs !== undefined) {
      return { usable: true, value: limitMs };
    }
    const limit = byDefault === undefined ? 'no limit' : `a limit of ${byDefault / 1000}s`;
    const allowed = `must be a duration such as 30s, 5m or 0s; the Service drains with ${limit}`;
    return { usable: false, mistake: { reason: 'InvalidDrainTimeout', allowed } };
  },
};
