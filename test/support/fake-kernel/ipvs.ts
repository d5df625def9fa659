import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import { endpointText } from './ip.ts';
import {
  familyOf,
  header,
  identityOf,
  isUnicast,
  keyOf,
  paddedAddress,
  realServerPayload,
  settingsOf,
  virtualServerPayload,
  type Connections,
  type Identity,
  type VirtualServer,
} from './ipvs-messages.ts';
import { change, isDump, type Request } from './request.ts';
import { attribute, AttributeReader, Refusal, u32 } from './wire.ts';

const errno = { ENOENT: 2, ESRCH: 3, EEXIST: 17, EINVAL: 22, ERANGE: 34, EOPNOTSUPP: 95 };
const noConnections: Connections = { active: 0, inactive: 0, persistent: 0 };

/**
 * IPVS over generic netlink as `ip_vs_genl_*` of net/netfilter/ipvs/ip_vs_ctl.c has it.
 */
export class FakeIpvs {
  readonly virtualServers = new Map<string, VirtualServer>();
  /** The schedulers that it has, or can load; every one where there is no list. */
  schedulers: ReadonlySet<string> | undefined;
  /** Those of each real server that was given none of its own. */
  connectionsEach = noConnections;
  timeouts: [tcp: number, tcpFin: number, udp: number] = [900, 120, 300];

  /** Gives a real server connections; it keeps them until it is given others, or `endConnections`. */
  setConnections(virtualServer: string, realServer: string, active: number, inactive = 0): void {
    const row = this.virtualServers.get(virtualServer)?.realServers.get(realServer);
    if (row === undefined) {
      throw new Error(`the test's own ${virtualServer} has no ${realServer}`);
    }
    row.connections = { active, inactive, persistent: 0 };
  }

  endConnections(): void {
    for (const { realServers } of this.virtualServers.values()) {
      realServers.forEach((realServer) => {
        realServer.connections = undefined;
      });
    }
  }

  /** `10.244.1.1:8080 1`: each real server with its weight, the one that came first first. */
  weights(virtualServer: string): string[] {
    const { realServers = [] } = this.virtualServers.get(virtualServer) ?? {};
    return Array.from(realServers, ([key, { weight }]) => `${key} ${weight}`);
  }

  request(message: ReceivedMessage): Request {
    const command = message.payload.readUInt8(0);
    const attributes = new AttributeReader(message.payload, 4, errno.EINVAL);
    switch (command) {
      case 1:
      case 2:
      case 3:
        return this.#virtualServerChange(command, attributes);
      case 4:
        return isDump(message)
          ? this.#listAll(message.type)
          : this.#getOne(message.type, attributes);
      case 5:
      case 6:
      case 7:
        return this.#realServerChange(command, attributes);
      case 8:
        return this.#listRealServers(message, attributes);
      default:
        return this.#rareRequest(command, message.type, attributes);
    }
  }

  /** Timeouts, what the kernel says of itself, and changes of everything. */
  #rareRequest(command: number, answerType: number, attributes: AttributeReader): Request {
    switch (command) {
      case 12:
        return change('IPVS', 'set timeouts', () => {
          this.#setTimeouts(attributes);
        });
      case 13:
        return question(answerType, 'timeouts', () => {
          const values = this.timeouts.map((value, index) => attribute(4 + index, u32(value)));
          return [Buffer.concat([header(12), ...values])];
        });
      case 15:
        return question(answerType, 'info', () => [
          Buffer.concat([header(15), attribute(1, u32(0x010201)), attribute(2, u32(4096))]),
        ]);
      case 16:
        return change('IPVS', 'zero', () => {
          if (attributes.has(1)) {
            this.#present(identityOf(attributes.nested(1)));
          }
        });
      case 17:
        return change('IPVS', 'flush', () => {
          this.virtualServers.clear();
        });
      default:
        throw new Refusal(errno.EOPNOTSUPP);
    }
  }

  #virtualServerChange(command: 1 | 2 | 3, attributes: AttributeReader): Request {
    const service = attributes.nested(1);
    const identity = identityOf(service);
    const key = keyOf(identity);
    if (command === 3) {
      return change(key, `delete virtual server ${key}`, () => {
        this.#present(identity);
        this.virtualServers.delete(key);
      });
    }
    const present = this.virtualServers.get(key);
    const settings = settingsOf(service, present?.settings.flags ?? 0);
    const verb = command === 1 ? 'add' : 'change';
    return change(key, `${verb} virtual server ${key} (scheduler ${settings.scheduler})`, () => {
      if (command === 2) {
        this.#present(identity);
      } else if (this.virtualServers.has(key)) {
        throw new Refusal(errno.EEXIST);
      }
      if (this.schedulers?.has(settings.scheduler) === false) {
        throw new Refusal(errno.ENOENT);
      }
      const prefix = settings.netmask.readUInt32LE();
      if (identity.family === 10 && (prefix < 1 || prefix > 128)) {
        throw new Refusal(errno.EINVAL);
      }
      const row = this.virtualServers.get(key);
      if (row === undefined) {
        this.virtualServers.set(key, { identity, settings, realServers: new Map() });
      } else {
        row.settings = settings;
      }
    });
  }

  #realServerChange(command: 5 | 6 | 7, attributes: AttributeReader): Request {
    const identity = identityOf(attributes.nested(1));
    const virtualServer = keyOf(identity);
    const destination = attributes.nested(2);
    const family = destination.has(11) ? familyOf(destination.u16(11)) : identity.family;
    const address = paddedAddress(destination.bytes(1, family === 2 ? 4 : 16));
    const port = destination.u16be(2);
    const key = endpointText(family, address, port);
    if (command === 7) {
      return change(virtualServer, `delete real server ${key} from ${virtualServer}`, () => {
        if (!this.#present(identity).realServers.delete(key)) {
          throw new Refusal(errno.ENOENT);
        }
      });
    }
    const settings = {
      method: destination.u32(3) & 0x7,
      weight: destination.u32(4) | 0,
      upperThreshold: destination.u32(5),
      lowerThreshold: destination.u32(6),
    };
    const words =
      command === 5
        ? `add real server ${key} to ${virtualServer}`
        : `change real server ${key} of ${virtualServer} (weight ${settings.weight})`;
    return change(virtualServer, words, () => {
      const { realServers } = this.#present(identity);
      if (family !== identity.family && settings.method !== 2) {
        throw new Refusal(errno.EINVAL);
      }
      if (settings.weight < 0 || settings.lowerThreshold > settings.upperThreshold) {
        throw new Refusal(errno.ERANGE);
      }
      const row = realServers.get(key);
      if ((row === undefined) !== (command === 5)) {
        throw new Refusal(command === 5 ? errno.EEXIST : errno.ENOENT);
      }
      if (row !== undefined) {
        Object.assign(row, settings);
      } else if (isUnicast(family, address)) {
        realServers.set(key, {
          family,
          address,
          port,
          ...settings,
          connections: undefined,
        });
      } else {
        throw new Refusal(errno.EINVAL);
      }
    });
  }

  #listAll(answerType: number): Request {
    return {
      object: 'IPVS',
      words: 'virtual servers',
      kind: 'dump',
      answerType,
      perform: () => Array.from(this.virtualServers.values(), virtualServerPayload),
    };
  }

  #getOne(answerType: number, attributes: AttributeReader): Request {
    const identity = identityOf(attributes.nested(1));
    return question(answerType, `virtual server ${keyOf(identity)}`, () => [
      virtualServerPayload(this.#present(identity)),
    ]);
  }

  /** A virtual server that is not there has none: `ip_vs_genl_dump_dests` says nothing of it. */
  #listRealServers(message: ReceivedMessage, attributes: AttributeReader): Request {
    if (!isDump(message)) {
      throw new Refusal(errno.EOPNOTSUPP);
    }
    const key = keyOf(identityOf(attributes.nested(1)));
    return {
      object: key,
      words: `real servers of ${key}`,
      kind: 'dump',
      answerType: message.type,
      perform: () =>
        [...(this.virtualServers.get(key)?.realServers.values() ?? [])]
          .reverse()
          .map((realServer) => realServerPayload(realServer, this.connectionsEach)),
    };
  }

  /** A timeout of 0, or none, leaves what is. */
  #setTimeouts(attributes: AttributeReader): void {
    this.timeouts.forEach((present, index) => {
      const value = attributes.has(4 + index) ? attributes.u32(4 + index) : 0;
      this.timeouts[index] = value === 0 ? present : value;
    });
  }

  #present(identity: Identity): VirtualServer {
    const row = this.virtualServers.get(keyOf(identity));
    if (row === undefined) {
      throw new Refusal(errno.ESRCH);
    }
    return row;
  }
}

function question(answerType: number, words: string, perform: () => Buffer[]): Request {
  return { object: words, words, kind: 'question', answerType, perform };
}
