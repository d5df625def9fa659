import type { AddressError } from '../addresses/address-error.ts';
import type { AddressClient } from '../addresses/client.ts';
import type { AddressOperation } from '../addresses/messages.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { eachInParts } from '../work-in-parts.ts';
import {
  afterAddressOperations,
  boundAddressDifference,
  observedOnLink,
  type ObservedAddress,
} from './bound-address-difference.ts';
import { noDifference, type Kind } from './kind.ts';

/** What is needed of the client. */
export type VipLinkClient = Pick<
  AddressClient,
  'findVipLink' | 'ensureVipLink' | 'addresses' | 'execute'
>;

/** The VIPs on `kube-ipvs0`, as a kind of the loop. The link is made when it is first needed. */
export class BoundAddressKind implements Kind<IpAddress, ObservedAddress, AddressOperation> {
  readonly name = 'bound address';
  readonly difference: typeof boundAddressDifference;
  readonly after = afterAddressOperations;
  readonly #client: VipLinkClient;
  #linkIndex: number | undefined;

  /** Addresses that are excluded are left as they are, whatever is desired. */
  constructor(client: VipLinkClient, isExcluded: (address: IpAddress) => boolean = () => false) {
    this.#client = client;
    this.difference = (desired, observed) => {
      const address = desired ?? observed?.address;
      return address !== undefined && isExcluded(address)
        ? noDifference
        : boundAddressDifference(desired, observed);
    };
  }

  async list(): Promise<Map<string, ObservedAddress>> {
    const linkIndex = (await this.#client.findVipLink())?.index;
    this.#linkIndex = linkIndex;
    const observed = new Map<string, ObservedAddress>();
    if (linkIndex !== undefined) {
      await eachInParts(await this.#client.addresses(), (address) => {
        const row = observedOnLink(address, linkIndex);
        if (row !== undefined) {
          observed.set(row.address.text, row);
        }
      });
    }
    return observed;
  }

  /** The kernel answers for all addresses or none: a few are found in the list. */
  async read(known: ReadonlyMap<string, unknown>): Promise<Map<string, ObservedAddress>> {
    const all = await this.list();
    return new Map([...all].filter(([key]) => known.has(key)));
  }

  async apply(operations: readonly AddressOperation[]): Promise<(AddressError | undefined)[]> {
    this.#linkIndex ??= (await this.#client.ensureVipLink()).index;
    const outcomes = await this.#client.execute(this.#linkIndex, operations);
    if (outcomes.some((outcome) => outcome?.code === 'ENODEV')) {
      // Somebody deleted the link; the retry makes it again.
      this.#linkIndex = undefined;
    }
    return outcomes;
  }
}
