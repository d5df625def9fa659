import assert from 'node:assert/strict';
import {
  explainPacket,
  explainService,
  findService,
  parsePacket,
  type Explanation,
  type ExplainWorld,
  type Outcome,
  type ServiceExplanation,
} from '../../src/inspect/explain/explain.ts';
import { ip } from './cluster-objects.ts';
import { explainWorld, type ExplainWorldOptions } from './explain-world.ts';
import { rawNode, rawService, rawSlice } from './manifests.ts';

type Raw = Readonly<Record<string, unknown>>;

/** A client in no range of Pods. */
export const outside = '203.0.113.9';
export const pod = '10.244.1.5';
export const node = '192.0.2.10';

/** `default/web` with all kinds of front ends: one endpoint here, one on node-b, as `spec` and `slice` have it. */
export function web(spec: Raw = {}, slice: Raw = {}): readonly unknown[] {
  return [
    {
      ...rawService('web', {
        type: 'LoadBalancer',
        externalIPs: ['198.51.100.7'],
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30_080 }],
        ...spec,
      }),
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.80' }] } },
    },
    rawSlice('web-1', 'web', {
      endpoints: [
        { addresses: ['10.244.1.7'], nodeName: 'node-a' },
        { addresses: ['10.244.2.3'], nodeName: 'node-b' },
      ],
      ...slice,
    }),
  ];
}

/** Endpoints of `web` on the other node alone. */
export const onlyThere = { endpoints: [{ addresses: ['10.244.2.3'], nodeName: 'node-b' }] };

/** What node-a knows, with clusterCIDR 10.244.0.0/16 unless the options say otherwise. */
export function worldOf(
  objects: readonly unknown[],
  options: Partial<ExplainWorldOptions> = {},
): ExplainWorld {
  const spec = { podCIDRs: ['10.244.1.0/24'] };
  return explainWorld({
    objects: [...objects, { ...rawNode('node-a'), spec }],
    nodeName: 'node-a',
    nodeAddresses: [ip(node), ip('10.244.1.1')],
    ...options,
    configuration: { clusterCIDR: '10.244.0.0/16', ...options.configuration },
  });
}

export function explained(world: ExplainWorld, from: string, to: string): Explanation {
  return explainPacket(parsePacket(from, to), world);
}

export function explainedService(world: ExplainWorld, question: string): ServiceExplanation {
  return explainService(findService(question, world), world);
}

/** `forwarded to 10.244.1.7:8080 10.244.2.3:8080, source node`, or the verdict alone. */
export function outcome({ verdict, realServers, source }: Outcome): string {
  return source === null ? verdict : `${verdict} to ${realServers.join(' ')}, source ${source}`;
}

export function textsOf({ steps }: Explanation): readonly string[] {
  return steps.map(({ text }) => text);
}

/** Fails where one of the texts is none of the steps. */
export function assertSays(explanation: Explanation, ...texts: readonly string[]): void {
  const said = textsOf(explanation);
  for (const text of texts) {
    assert.ok(said.includes(text), `not said: ${text}\nbut:\n${said.join('\n')}`);
  }
}
