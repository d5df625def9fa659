import type { AddressError } from './address-error.ts';
import type { AddressClient } from './client.ts';
import type { AddressOperation } from './messages.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import {
  afterAddressOperations,
  boundAddressDifference,
  observedOnLink,
  type ObservedAddress,
} from './bound-address-difference.ts';
import { exceptWhere } from '../../reconcile/differences.ts';
import type { Kind, ListSink } from '../../reconcile/kind.ts';
import type { Pace } from '../../base/work-in-parts.ts';

/** What is needed of the client. */
export type VipLinkClient = Pick<
  AddressClient,
  'findVipLink' | 'ensureVipLink' | 'eachAddress' | 'execute'
>;

/** The VIPs on `kube-ipvs0`, as a kind of the loop. The link is made when it is first needed. */
export class BoundAddressKind implements Kind<IpAddress, ObservedAddress, AddressOperation> {
  readonly name = 'bound address';
  readonly difference: typeof boundAddressDifference;
  readonly after = afterAddressOperations;
  readonly #client: VipLinkClient;
  #linkIndex: number | undefined;

  readonly #onApplied: (operation: AddressOperation) => void;

  /**
   * Addresses that are excluded are left as they are, whatever is desired; `onApplied` hears of each
   * operation that succeeded.
   */
  constructor(
    client: VipLinkClient,
    isExcluded: (address: IpAddress) => boolean = () => false,
    onApplied: (operation: AddressOperation) => void = () => undefined,
  ) {
    this.#client = client;
    this.#onApplied = onApplied;
    this.difference = exceptWhere(boundAddressesAt(isExcluded), boundAddressDifference);
  }

  async list(sink: ListSink<ObservedAddress>): Promise<void> {
    let part = sink.begin();
    await this.#each(
      () => {
        part = sink.begin();
      },
      (row) => {
        const key = row.address.text;
        const held = sink.held(key);
        part.take(key, held !== undefined && isSameRow(held, row) ? held : row);
      },
      sink.pace,
    );
    part.end();
  }

  /** The kernel answers for all addresses or none: a few are found in the list. */
  async read(known: ReadonlyMap<string, unknown>): Promise<Map<string, ObservedAddress>> {
    const found = new Map<string, ObservedAddress>();
    await this.#each(
      () => {
        found.clear();
      },
      (row) => {
        if (known.has(row.address.text)) {
          found.set(row.address.text, row);
        }
      },
    );
    return found;
  }

  /** Visits the single-host addresses of the VIP link; `begin` is called when that starts (over). */
  async #each(
    begin: () => void,
    visit: (row: ObservedAddress) => void,
    pace?: Pace,
  ): Promise<void> {
    const linkIndex = (await this.#client.findVipLink())?.index;
    this.#linkIndex = linkIndex;
    if (linkIndex === undefined) {
      return;
    }
    await this.#client.eachAddress(() => {
      begin();
      return (address) => {
        const row = observedOnLink(address, linkIndex);
        if (row !== undefined) {
          visit(row);
        }
      };
    }, pace);
  }

  async apply(operations: readonly AddressOperation[]): Promise<(AddressError | undefined)[]> {
    this.#linkIndex ??= (await this.#client.ensureVipLink()).index;
    const outcomes = await this.#client.execute(this.#linkIndex, operations);
    operations.forEach((operation, index) => {
      if (outcomes[index] === undefined) {
        this.#onApplied(operation);
      }
    });
    if (outcomes.some((outcome) => outcome?.code === 'ENODEV')) {
      // Somebody deleted the link; the retry makes it again.
      this.#linkIndex = undefined;
    }
    return outcomes;
  }
}

/** Whether two rows of one address say the same. */
function isSameRow(one: ObservedAddress, other: ObservedAddress): boolean {
  return one.owned === other.owned && one.settled === other.settled;
}

/** Which bound addresses are of some kind, desired or observed. */
export function boundAddressesAt(
  isThere: (address: IpAddress) => boolean,
): (row: IpAddress | ObservedAddress) => boolean {
  return (row) => isThere('address' in row ? row.address : row);
}
