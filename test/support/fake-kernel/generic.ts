import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import { FakeIpvs } from './ipvs.ts';
import type { Request } from './request.ts';
import { attribute, AttributeReader, Refusal, text, u16 } from './wire.ts';

const enoent = 2;
const einval = 22;

/** Generic netlink (net/netlink/genetlink.c): its controller, and IPVS as the one family there is. */
export class FakeGenericNetlink {
  readonly ipvs = new FakeIpvs();
  /** The number of the family "IPVS"; undefined where the module is not loaded. */
  ipvsFamily: number | undefined = 28;

  /** The module is unloaded and loaded again: all is gone, and its family has another number. */
  reloadIpvs(): void {
    this.ipvs.virtualServers.clear();
    this.ipvsFamily = (this.ipvsFamily ?? 28) + 1;
  }

  request(message: ReceivedMessage): Request {
    if (message.type === 16) {
      return this.#familyRequest(message);
    }
    if (message.type !== this.ipvsFamily) {
      throw new Refusal(enoent);
    }
    return this.ipvs.request(message);
  }

  /** CTRL_CMD_GETFAMILY 3 with CTRL_ATTR_FAMILY_NAME 2, answered by CTRL_ATTR_FAMILY_ID 1. */
  #familyRequest({ payload }: ReceivedMessage): Request {
    if (payload.readUInt8(0) !== 3) {
      throw new Refusal(95);
    }
    const name = new AttributeReader(payload, 4, einval).text(2);
    return {
      object: name,
      words: `family ${name}`,
      kind: 'question',
      answerType: 16,
      perform: () => {
        if (name !== 'IPVS' || this.ipvsFamily === undefined) {
          throw new Refusal(enoent);
        }
        const header = Buffer.from([1, 2, 0, 0]);
        return [
          Buffer.concat([header, attribute(2, text(name)), attribute(1, u16(this.ipvsFamily))]),
        ];
      },
    };
  }
}
