import { protocols, type Protocol } from '../../net/protocol.ts';
import type { Annotation } from './annotation.ts';

const none: ReadonlySet<Protocol> = new Set();
const withHandshake: ReadonlySet<Protocol> = new Set<Protocol>(['TCP', 'SCTP']);
const all: ReadonlySet<Protocol> = new Set(protocols);

const values: ReadonlyMap<string, ReadonlySet<Protocol>> = new Map([
  ['true', withHandshake],
  ['true,udp', all],
  ['false', none],
]);

/** The protocols whose real servers are ejected where they fail. */
export const outlierEjection: Annotation<ReadonlySet<Protocol>, 'InvalidOutlierEjection'> = {
  name: 'kube-ipvs.io/outlier-ejection',
  aliases: [],
  reasons: { InvalidOutlierEjection: 'it is none of the values that there are' },
  docs: {
    title: 'Failing real servers',
    form: '`true`, `true,udp` or `false`',
    without: '`kubeIpvs.outlierEjection` of the configuration',
    example: { 'kube-ipvs.io/outlier-ejection': 'true' },
    values: new Map([
      ['true', 'real servers of TCP and SCTP ports are ejected where they fail'],
      ['true,udp', 'those of UDP ports too, where nothing at all comes back'],
      ['false', 'none is'],
    ]),
    text: `A real server that does not answer new connections from this node, or refuses them, gets none for 10
seconds, and for twice as long each time that it fails again. [failing-real-servers.md](failing-real-servers.md)
says what counts, and what never does. An ejection is told by the Event \`RealServerEjected\`.`,
  },

  byDefault({ defaults }) {
    return defaults.outlierEjection ? withHandshake : none;
  },

  read({ value }, byDefault) {
    const chosen = values.get(value.replaceAll(' ', ''));
    if (chosen !== undefined) {
      return { usable: true, value: chosen };
    }
    const effect = byDefault.size === 0 ? 'are not ejected' : 'are ejected, but for those of UDP';
    const allowed = `must be true, true,udp or false; real servers of the Service that fail ${effect}`;
    return { usable: false, mistake: { reason: 'InvalidOutlierEjection', allowed } };
  },
};
