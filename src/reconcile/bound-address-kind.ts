import type { AddressError } from '../addresses/address-error.ts';
import type { AddressClient } from '../addresses/client.ts';
import type { AddressOperation } from '../addresses/messages.ts';
import type { IpAddress } from '../net/ip-address.ts';
import {
  addressesOfLink,
  without,
  afterAddressOperation,
  boundAddressDifference,
  type ObservedAddress,
} from './bound-address-difference.ts';
import type { Kind } from './kind.ts';

/** What is needed of the client. */
export type VipLinkClient = Pick<
  AddressClient,
  'findVipLink' | 'ensureVipLink' | 'addresses' | 'execute'
>;

/** The VIPs on `kube-ipvs0`, as a kind of the loop. The link is made when it is first needed. */
export class BoundAddressKind implements Kind<IpAddress, ObservedAddress, AddressOperation> {
  readonly name = 'bound address';
  readonly difference = boundAddressDifference;
  readonly after = afterAddressOperation;
  readonly #client: VipLinkClient;
  readonly #leftAlone: ReadonlySet<string>;
  #linkIndex: number | undefined;

  /** Addresses that are `leftAlone`, by their text, count as if they were not there. */
  constructor(client: VipLinkClient, leftAlone: ReadonlySet<string> = new Set()) {
    this.#client = client;
    this.#leftAlone = leftAlone;
  }

  async list(): Promise<Map<string, ObservedAddress>> {
    this.#linkIndex = (await this.#client.findVipLink())?.index;
    return this.#linkIndex === undefined
      ? new Map()
      : without(addressesOfLink(await this.#client.addresses(), this.#linkIndex), this.#leftAlone);
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
