import { NetlinkConnection, type ConnectionOptions } from '../netlink/connection.ts';
import { executeOperations } from '../netlink/execute-operations.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import type { NetlinkError } from '../netlink/netlink-error.ts';
import { netlinkProtocol } from '../netlink/protocol.ts';
import type { Pace } from '../../base/work-in-parts.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import { AddressError, VipLinkError } from './address-error.ts';
import {
  readAddress,
  readLink,
  writeAddressOperation,
  writeDeleteLink,
  writeGetAddresses,
  writeGetLinks,
  writeNewDummyLink,
  writeSetLinkAlias,
  type AddressOperation,
  type KernelAddress,
  type KernelLink,
} from './messages.ts';
import { vipLinkAlias, vipLinkName } from './protocol.ts';

/** The links and addresses of this network namespace, above all the VIP link `kube-ipvs0`. */
export class AddressClient {
  readonly #connection: NetlinkConnection;

  constructor(
    options: Partial<ConnectionOptions> = {},
    open: OpenTransport = kernelTransport(netlinkProtocol.route),
  ) {
    this.#connection = new NetlinkConnection(open, options);
  }

  /** All addresses of all links. Throws NetlinkError. */
  async addresses(): Promise<KernelAddress[]> {
    const addresses: KernelAddress[] = [];
    await this.eachAddress(() => {
      addresses.length = 0;
      return (address) => addresses.push(address);
    });
    return addresses;
  }

  /**
   * Hands all addresses of all links to a visitor. `begin` makes the visitor, and another one where
   * the kernel's list has to be started again. Throws NetlinkError.
   */
  eachAddress(begin: () => (address: KernelAddress) => void, pace?: Pace): Promise<void> {
    const beginPayloads = (): ((payload: Buffer) => void) => {
      const visit = begin();
      return (payload) => {
        const address = readAddress(payload);
        if (address !== undefined) {
          visit(address);
        }
      };
    };
    return this.#connection.each(writeGetAddresses, beginPayloads, pace);
  }

  /** All links. Throws NetlinkError. */
  links(): Promise<KernelLink[]> {
    return this.#connection.dump(writeGetLinks, readLink);
  }

  /** The VIP link, or undefined where there is none. Throws NetlinkError, VipLinkError. */
  async findVipLink(): Promise<KernelLink | undefined> {
    const link = (await this.links()).find(({ name }) => name === vipLinkName);
    if (link !== undefined && link.kind !== 'dummy') {
      throw new VipLinkError(
        `the link ${vipLinkName} exists and is of kind ${link.kind ?? 'hardware'}, where a dummy link is needed: delete or rename it`,
      );
    }
    return link;
  }

  /** Finds the VIP link or makes it. Throws NetlinkError, VipLinkError. */
  async ensureVipLink(): Promise<KernelLink> {
    const found = await this.findVipLink();
    if (found !== undefined) {
      return found;
    }
    const refused = await this.#command((writer, sequence) => {
      writeNewDummyLink(writer, sequence, vipLinkName);
    });
    if (refused !== undefined && refused.code !== 'EEXIST') {
      // libuv's name of EOPNOTSUPP
      throw refused.code === 'ENOTSUP'
        ? new VipLinkError(
            `the link ${vipLinkName} cannot be made: the kernel has no dummy links, load the module with "modprobe dummy"`,
          )
        : new VipLinkError(`the link ${vipLinkName} cannot be made: ${refused.message}`);
    }
    const made = await this.findVipLink();
    if (made === undefined) {
      throw new VipLinkError(`the link ${vipLinkName} vanished as soon as it was made`);
    }
    if (refused === undefined) {
      // The alias only lets a later cleanup delete the link; without it all else works.
      await this.#command((writer, sequence) => {
        writeSetLinkAlias(writer, sequence, made.index, vipLinkAlias);
      });
    }
    return made;
  }

  /** Deletes a link. Throws NetlinkError. */
  async deleteLink(link: KernelLink): Promise<void> {
    const refused = await this.#command((writer, sequence) => {
      writeDeleteLink(writer, sequence, link.index);
    });
    if (refused !== undefined) {
      throw refused;
    }
  }

  /** Carries out changes on a link in few datagrams; returns for each why it failed, or undefined. */
  execute(
    linkIndex: number,
    operations: readonly AddressOperation[],
  ): Promise<(AddressError | undefined)[]> {
    return executeOperations(
      this.#connection,
      operations,
      {
        // That of an IPv4 address.
        messageBytes: 48,
        write: (writer, sequence, operation) => {
          writeAddressOperation(writer, sequence, linkIndex, operation);
        },
      },
      (operation, cause) => new AddressError(operation, cause),
    );
  }

  close(): void {
    this.#connection.close();
  }

  async #command(
    write: (writer: MessageWriter, sequence: number) => void,
  ): Promise<NetlinkError | undefined> {
    const [outcome] = await this.#connection.execute(1, write);
    return outcome;
  }
}
