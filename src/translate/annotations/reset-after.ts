import { parseGoDuration } from '../../base/go-duration.ts';
import type { Annotation } from './annotation.ts';

/**
 * After how long without a packet the connections to a real server that was ejected are reset, in
 * milliseconds; undefined for never.
 */
export const resetAfter: Annotation<number | undefined, 'InvalidResetAfter'> = {
  name: 'kube-ipvs.io/reset-after',
  aliases: [],
  reasons: { InvalidResetAfter: 'it is not a duration' },
  docs: {
    title: 'Resetting connections to a dead real server',
    form: 'a Go duration: `60s`, `5m`',
    without: 'they stay',
    example: { 'kube-ipvs.io/outlier-ejection': 'true', 'kube-ipvs.io/reset-after': '60s' },
    text: `A client of a node that is gone waits for up to 15 minutes. With this its connection is reset, once its
real server was ejected and not one packet has come from it for that long. A real server that refuses
connections keeps those that are open. It has no effect where nothing is ejected.`,
  },

  byDefault() {
    return undefined;
  },

  read({ value }) {
    const afterMs = parseGoDuration(value);
    if (afterMs !== undefined) {
      return { usable: true, value: afterMs };
    }
    const allowed = 'must be a duration such as 60s or 5m; no connection is reset';
    return { usable: false, mistake: { reason: 'InvalidResetAfter', allowed } };
  },
};
