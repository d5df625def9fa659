import type { ObservedAddress } from '../../kernel/vip-link/bound-address-difference.ts';
import type { ServiceFilter } from '../../inspect/service-query.ts';
import type { VirtualServerView } from '../../inspect/views/service-view.ts';
import { firstProblems, servicePages, strayPages, type ShownNode } from './shown-node.ts';

/**
 * What a node does, for programs: `virtualServers` and `boundAddresses` are what the kernel holds,
 * `services` and `problems` are views as the status page has them; `packetFilter` is null where it is not known. It
 * comes in parts, as it is read: all of a large node at a time would take some hundred megabytes. Ends with a
 * new line.
 */
export async function* showJson(
  node: ShownNode,
  filter: ServiceFilter,
  addresses: ReadonlyMap<string, ObservedAddress>,
): AsyncGenerator<string> {
  const { problems } = await firstProblems(node, filter);
  const { node: name, at, isDaemon, packetFilter } = await node.summary();
  yield `{${field('node', name)},${field('at', at)},${field('source', isDaemon ? 'daemon' : 'kernel')},${field('packetFilter', packetFilter)}`;
  const held = new HeldVirtualServers();
  yield `,\n  "services": [`;
  let separator = '';
  for await (const services of servicePages(node, filter)) {
    for (const service of services) {
      held.add(service.virtualServers);
      yield `${separator}${item(service)}`;
      separator = ',';
    }
  }
  yield separator === '' ? ']' : '\n  ]';
  for await (const strays of strayPages(node, filter)) {
    held.add(strays);
  }
  yield* held.inParts();
  yield `,${field('boundAddresses', addressesJson(addresses))},${field('problems', problems)}\n}\n`;
}

/** The virtual servers that the kernel holds, each as the text that it becomes, which is small. */
class HeldVirtualServers {
  readonly #texts: (readonly [key: string, text: string])[] = [];

  add(views: readonly VirtualServerView[]): void {
    for (const view of views) {
      if (view.inKernel) {
        this.#texts.push([view.key, JSON.stringify(virtualServerJson(view))]);
      }
    }
  }

  /** By their keys. */
  *inParts(): Generator<string> {
    yield `,\n  "virtualServers": [`;
    let separator = '';
    for (const [, text] of this.#texts.sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield `${separator}${item(JSON.parse(text))}`;
      separator = ',';
    }
    yield separator === '' ? ']' : '\n  ]';
  }
}

function addressesJson(addresses: ReadonlyMap<string, ObservedAddress>) {
  return [...addresses]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { address, owned }]) => ({ address: address.hostPrefix, owned }));
}

/** A field of the whole, on lines of its own. */
function field(name: string, value: unknown): string {
  return `\n  "${name}": ${indented(value, '  ')}`;
}

/** An element of a list in a field. */
function item(value: unknown): string {
  return `\n    ${indented(value, '    ')}`;
}

function indented(value: unknown, indent: string): string {
  return JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${indent}`);
}

function virtualServerJson(view: VirtualServerView) {
  const { id, persistence, state, realServers, service, scheduler, flags, owned } = view;
  const { portRanges } = view;
  return {
    ...id,
    scheduler,
    ...(flags.length === 0 ? {} : { flags }),
    ...(persistence === null ? {} : { options: `-p ${persistence.timeoutSeconds}` }),
    service,
    ...(portRanges === null ? {} : { portRanges }),
    owned,
    ...(state.kind === 'foreign, refused' ? { refusedAtVipOf: state.vipOf } : {}),
    state,
    realServers: realServers.flatMap((realServer) => {
      const { address, method, weight, connections, pod, node, zone } = realServer;
      return connections === null
        ? []
        : [
            {
              address,
              method,
              weight,
              activeConnections: connections.active,
              inactiveConnections: connections.inactive,
              pod,
              node,
              zone,
              state: realServer.state,
            },
          ];
    }),
  };
}
