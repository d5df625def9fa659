import {
  allowedPortRanges,
  parsePortRanges,
  type RequestedPorts,
} from '../requested-port-ranges.ts';
import type { Annotation } from './annotation.ts';

/** Ports that a Service has beside those of its spec; none without the annotation. */
export const portRanges: Annotation<readonly RequestedPorts[], 'InvalidPortRanges'> = {
  name: 'kube-ipvs.io/port-ranges',
  aliases: [],
  reasons: { InvalidPortRanges: 'the port ranges cannot be read' },
  docs: {
    title: 'Port ranges',
    form: '`10000-20000/UDP, 5060-5061/TCP`; `*/TCP,UDP` for all ports',
    without: 'none',
    example: { 'kube-ipvs.io/port-ranges': '10000-20000/UDP, 5060/TCP,UDP' },
    text: `The Service has these ports beside those of its spec, at all its addresses but node ports. A connection
reaches the Pod at the port that the client has chosen. Endpoints are those of the first port of the spec. A port of
the spec goes on as ever, within a range too. See [port-ranges.md](port-ranges.md).`,
  },

  byDefault: () => [],

  read({ value }) {
    const ranges = parsePortRanges(value);
    return ranges === undefined
      ? {
          usable: false,
          mistake: {
            reason: 'InvalidPortRanges',
            allowed: `${allowedPortRanges}; there are no ranges`,
          },
        }
      : { usable: true, value: ranges };
  },
};
