import { objectKey, type EndpointSlice, type ObjectKey } from '../cluster/objects.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { AddressOwner } from '../translate/address-owner.ts';

/** The Service of the API servers; its endpoints are they. */
export const apiServerService: ObjectKey = objectKey({ namespace: 'default', name: 'kubernetes' });

type Ports = ReadonlyMap<string, readonly number[]>;

/** Whose addresses are, by what the store has: API servers, and Nodes but this one. */
export class OtherHosts {
  readonly #store: ClusterStore;
  readonly #nodeName: string;
  #servers: ClusterStore['apiServers'] | undefined;
  #slices: readonly EndpointSlice[] | undefined;
  #apiServers: Ports = new Map();

  constructor(store: ClusterStore, nodeName: string) {
    this.#store = store;
    this.#nodeName = nodeName;
  }

  /** A function, for a Place. Undefined for nobody's, as far as is known. */
  readonly ownerOf = ({ text }: IpAddress): AddressOwner | undefined => {
    const ports = this.#ports().get(text);
    if (ports !== undefined) {
      return { kind: 'API server', ports };
    }
    const names = this.#store.nodesAt(text);
    const [name] = names;
    if (name !== undefined) {
      return names.includes(this.#nodeName) ? undefined : { kind: 'Node', name };
    }
    return this.#store.awaitsNodes ? { kind: 'not known yet' } : undefined;
  };

  /** After a change of the API servers' own Service: the addresses that are, or were, theirs. */
  apiServerAddresses(): readonly string[] {
    const before = this.#apiServers;
    const now = this.#ports();
    return before === now ? [] : [...before.keys(), ...now.keys()];
  }

  #ports(): Ports {
    const { apiServers } = this.#store;
    const slices = this.#store.slices(apiServerService);
    if (apiServers !== this.#servers || slices !== this.#slices) {
      this.#servers = apiServers;
      this.#slices = slices;
      const ports = new Map<string, readonly number[]>();
      const add = ({ text }: IpAddress, port: number): void => {
        ports.set(text, [...(ports.get(text) ?? []), port]);
      };
      for (const { address, port } of apiServers) {
        add(address, port);
      }
      slices.forEach(({ endpoints, ports: answering }) => {
        for (const { port } of answering) {
          endpoints.forEach(({ address }) => {
            add(address, port);
          });
        }
      });
      this.#apiServers = ports;
    }
    return this.#apiServers;
  }
}
