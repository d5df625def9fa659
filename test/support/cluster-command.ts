import fc from 'fast-check';
import type { EndpointSlice, Node, Service } from '../../src/cluster/objects.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import { ip } from './cluster-objects.ts';
import {
  arbitraryNode,
  arbitraryNodeAddresses,
  arbitraryService,
  arbitrarySlice,
} from './arbitrary-cluster.ts';

/** What happens to a cluster, to its node, and to the program that keeps the kernel. */
export type ClusterCommand =
  | { readonly kind: 'set service'; readonly service: Service }
  | { readonly kind: 'delete service'; readonly pick: number }
  | { readonly kind: 'set slice'; readonly slice: EndpointSlice }
  | { readonly kind: 'flip readiness'; readonly pick: number }
  | { readonly kind: 'delete slice'; readonly pick: number }
  | { readonly kind: 'node'; readonly node: Node | undefined }
  | { readonly kind: 'node addresses'; readonly addresses: readonly IpAddress[] }
  /** What changed is translated and brought to the kernel. */
  | { readonly kind: 'work' }
  /** The look at what drains, some time later. */
  | { readonly kind: 'look'; readonly afterMs: number }
  | { readonly kind: 'audit' }
  /**
   * So many seconds pass, in each of which all real servers get connections. One of those that can be ejected
   * answers none; none of them where there is no pick.
   */
  | { readonly kind: 'seconds'; readonly count: number; readonly pick: number | undefined }
  /** Somebody else changes weight and limits of a real server, and an audit follows. */
  | {
      readonly kind: 'drift';
      readonly pick: number;
      readonly weight: number;
      readonly limit: number;
    }
  /** All real servers have so many connections; without effect where there is real traffic only. */
  | { readonly kind: 'connections'; readonly each: number }
  /** Both lists are fetched anew: nothing in them is news. */
  | { readonly kind: 'list again' }
  /** The program ends, and another one starts with what the kernel holds. */
  | { readonly kind: 'restart' };

const pick = fc.nat(20);

export const clusterCommand: fc.Arbitrary<ClusterCommand> = fc.oneof(
  {
    weight: 7,
    arbitrary: arbitraryService.map((service) => ({ kind: 'set service' as const, service })),
  },
  { weight: 2, arbitrary: pick.map((n) => ({ kind: 'delete service' as const, pick: n })) },
  {
    weight: 7,
    arbitrary: arbitrarySlice.map((slice) => ({ kind: 'set slice' as const, slice })),
  },
  { weight: 4, arbitrary: pick.map((n) => ({ kind: 'flip readiness' as const, pick: n })) },
  { weight: 2, arbitrary: pick.map((n) => ({ kind: 'delete slice' as const, pick: n })) },
  arbitraryNode.map((node) => ({ kind: 'node' as const, node })),
  {
    weight: 2,
    arbitrary: arbitraryNodeAddresses.map((addresses) => ({
      kind: 'node addresses' as const,
      addresses,
    })),
  },
  { weight: 8, arbitrary: fc.constant({ kind: 'work' as const }) },
  {
    weight: 8,
    arbitrary: fc
      .record({
        count: fc.constantFrom(1, 5, 5, 15),
        pick: fc.option(pick, { nil: undefined, freq: 8 }),
      })
      .map((fields) => ({ kind: 'seconds' as const, ...fields })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ pick, weight: fc.nat(10), limit: fc.constantFrom(0, 7) })
      .map((fields) => ({ kind: 'drift' as const, ...fields })),
  },
  fc.constantFrom(1000, 6000).map((afterMs) => ({ kind: 'look' as const, afterMs })),
  {
    weight: 3,
    arbitrary: fc.nat(1).map((each) => ({ kind: 'connections' as const, each })),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('audit' as const, 'list again' as const, 'restart' as const)
      .map((kind) => ({ kind })),
  },
);

/** A cluster with something in it, and so many things at most that happen to it then. */
export function clusterStory(maxLength: number): fc.Arbitrary<readonly ClusterCommand[]> {
  const services = fc.array(arbitraryService, { minLength: 1, maxLength: 3 });
  const slices = fc.array(arbitrarySlice, { minLength: 1, maxLength: 4 });
  const then = fc.array(clusterCommand, { maxLength, size: 'max' });
  return fc
    .tuple(services, slices, then)
    .map(([first, second, others]) => [
      ...first.map((service) => ({ kind: 'set service', service }) as const),
      ...second.map((slice) => ({ kind: 'set slice', slice }) as const),
      { kind: 'work' },
      { kind: 'connections', each: 1 },
      ...others,
    ]);
}

/** A Service that ejects real servers and has some, and so many things at most that happen to them. */
export function ejectionStory(maxLength: number): fc.Arbitrary<readonly ClusterCommand[]> {
  const ejecting = arbitraryService.map((service) => ({
    ...service,
    namespace: 'default',
    proxyName: undefined,
    clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')],
    annotations: new Map([...service.annotations, ['kube-ipvs.io/outlier-ejection', 'true']]),
  }));
  const then = clusterCommand.filter(({ kind }) => !/service|delete|node/.test(kind));
  return fc
    .tuple(ejecting, arbitrarySlice, fc.array(then, { maxLength, size: 'max' }))
    .map(([service, slice, others]) => [
      { kind: 'set service', service },
      { kind: 'set slice', slice: allReady(slice, service) },
      { kind: 'work' },
      { kind: 'connections', each: 1 },
      ...others,
    ]);
}

function allReady(slice: EndpointSlice, { namespace, name }: Service): EndpointSlice {
  const ready = { ready: true, serving: true, terminating: false };
  const endpoints = slice.endpoints.map((endpoint) => ({ ...endpoint, ...ready }));
  return { ...slice, namespace, serviceName: name, weight: undefined, endpoints };
}
