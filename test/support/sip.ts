import { worldOf } from './explained.ts';
import { rawService, rawSlice } from './manifests.ts';
import type { ExplainWorld } from '../../src/inspect/explain/explain.ts';
import type { ExplainWorldOptions } from './explain-world.ts';

type Raw = Readonly<Record<string, unknown>>;

export const sipVip = '198.51.100.7';
const ranges = 'kube-ipvs.io/port-ranges';

/** Annotations that ask for port ranges, and for what goes with them. */
export function asking(text: string, more: Record<string, string> = {}): Record<string, string> {
  return { [ranges]: text, ...more };
}

/**
 * `default/sip`, UDP 5060 with a media range of 10000-20000 in which port 15000 is an ordinary one, at a
 * load-balancer IP; one endpoint here, one on node-b.
 */
export function sip(spec: Raw = {}, annotations: Raw = asking('10000-20000/UDP')): readonly Raw[] {
  const ports = [
    { name: 'sip', protocol: 'UDP', port: 5060 },
    { name: 'odd', protocol: 'UDP', port: 15_000, targetPort: 7000 },
  ];
  return [
    {
      ...rawService('sip', { type: 'LoadBalancer', ports, ...spec }, { annotations }),
      status: { loadBalancer: { ingress: [{ ip: sipVip }] } },
    },
    rawSlice('sip-1', 'sip', {
      endpoints: [
        { addresses: ['10.244.1.7'], nodeName: 'node-a' },
        { addresses: ['10.244.2.3'], nodeName: 'node-b' },
      ],
      ports: [
        { name: 'sip', protocol: 'UDP', port: 5060 },
        { name: 'odd', protocol: 'UDP', port: 7000 },
      ],
    }),
  ];
}

/** What node-a knows of it. */
export function sipWorld(
  spec: Raw = {},
  annotations?: Raw,
  options: Partial<ExplainWorldOptions> = {},
): ExplainWorld {
  return worldOf(sip(spec, annotations), options);
}
