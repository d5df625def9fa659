import { parseGoDuration } from '../../base/go-duration.ts';
import type { Annotation } from './annotation.ts';

/**
 * How long a real server may keep its connections after it is no longer wanted, in milliseconds;
 * undefined for no limit.
 */
export const drainTimeout: Annotation<number | undefined, 'InvalidDrainTimeout'> = {
  name: 'kube-ipvs.io/drain-timeout',
  aliases: [],
  reasons: { InvalidDrainTimeout: 'the drain timeout is not a duration' },
  docs: {
    title: 'Draining',
    form: 'a Go duration: `5m`, `30s`, `0s`',
    without: '`kubeIpvs.drainTimeout` of the configuration',
    example: { 'kube-ipvs.io/drain-timeout': '5m' },
    text: `A real server that is no longer wanted gets weight 0: open TCP and SCTP connections go on, new ones
go elsewhere. When its last connection is over it is deleted; IPVS keeps a TCP connection for two
minutes after it was closed. An endpoint that comes back meanwhile gets its weight back. The drain timeout,
where there is one, ends the wait: the real server is deleted, and its connections break. \`0s\` deletes it
at once. UDP has no connections to wait for: its real servers are deleted at once. Draining goes on after
a restart of the program; the drain timeout starts again then.`,
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
