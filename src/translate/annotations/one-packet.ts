import type { Annotation } from './annotation.ts';

/** Whether each packet of UDP is scheduled for itself. */
export const onePacket: Annotation<boolean, 'InvalidOnePacket' | 'OnePacketRefused'> = {
  name: 'kube-ipvs.io/one-packet',
  aliases: [],
  reasons: {
    InvalidOnePacket: 'it is neither true nor false',
    OnePacketRefused: 'session affinity keeps a client with one endpoint',
  },
  docs: {
    title: 'One packet at a time',
    form: '`true` or `false`',
    without: '`kubeIpvs.onePacket` of the configuration',
    example: { 'kube-ipvs.io/one-packet': 'true' },
    text: `Each UDP packet is scheduled for itself, so that one socket that sends all the time (a forwarder of
logs, a proxy) is spread over all endpoints. Without it IPVS keeps all packets of a socket with one
endpoint until it was silent for \`ipvs.udpTimeout\`. Ports of TCP and SCTP are not concerned. With
session affinity the two contradict each other: then it is refused, and an Event says so.

Nobody remembers to whom a packet went, so that answers do not find their way back: it is for what is
sent without waiting for an answer. A socket that has its endpoint already keeps it while it goes on sending.`,
  },

  byDefault({ defaults, service }) {
    return defaults.onePacket && service.sessionAffinity.kind === 'None';
  },

  read({ value }, byDefault, { service }) {
    if (value !== 'true' && value !== 'false') {
      const kept = byDefault ? 'it counts as true' : 'it counts as false';
      const allowed = `must be true or false; ${kept}`;
      return { usable: false, mistake: { reason: 'InvalidOnePacket', allowed } };
    }
    if (value === 'true' && service.sessionAffinity.kind !== 'None') {
      const allowed =
        'it has no effect: sessionAffinity ClientIP keeps a client with one endpoint; allowed with sessionAffinity None';
      return { usable: false, mistake: { reason: 'OnePacketRefused', allowed } };
    }
    return { usable: true, value: value === 'true' };
  },
};
