import {
  allowedPortRangePlaces,
  parsePortRangePlaces,
  type PortRangePlaces,
} from '../requested-port-ranges.ts';
import type { Annotation } from './annotation.ts';

/** At which addresses of a Service its port ranges are; undefined for the usual ones. */
export const portRangesOn: Annotation<PortRangePlaces, 'InvalidPortRangesOn'> = {
  name: 'kube-ipvs.io/port-ranges-on',
  aliases: [],
  reasons: { InvalidPortRangesOn: 'the addresses for port ranges cannot be read' },
  docs: {
    title: 'Where port ranges are',
    form: 'some of `cluster`, `external`, `loadbalancer`',
    without: 'all of them; for `*`, all but `cluster`',
    example: {
      'kube-ipvs.io/port-ranges': '*/TCP',
      'kube-ipvs.io/port-ranges-on': 'cluster,external',
    },
    text: `At which addresses of the Service its port ranges are served.`,
  },

  byDefault: () => undefined,

  read({ value }) {
    const places = parsePortRangePlaces(value);
    return places === undefined
      ? {
          usable: false,
          mistake: {
            reason: 'InvalidPortRangesOn',
            allowed: `${allowedPortRangePlaces}; the usual ones count`,
          },
        }
      : { usable: true, value: places };
  },
};
