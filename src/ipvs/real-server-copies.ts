import { sequenceWord } from '../netlink/message-writer.ts';
import { changeRealServer, place, realServerMessageWords } from './message-values.ts';
import type { RealServer } from './model.ts';

/**
 * Makes copies of one message, which lie one behind the other, those of other real servers. Five of
 * six messages of a first sync go through here.
 */
export class RealServerCopies {
  #words: Uint32Array = new Uint32Array();
  #at = 0;
  #sequence = 0;
  #copied: RealServer | undefined;

  /** Goes to the copy at a word, which has the values of `copied` still. */
  begin(words: Uint32Array, at: number, sequence: number, copied: RealServer): void {
    this.#words = words;
    this.#at = at;
    this.#sequence = sequence;
    this.#copied = copied;
  }

  /** Makes the next copy one of this real server; a function, for `forEach`. */
  readonly change = (realServer: RealServer): void => {
    const at = this.#at;
    const words = this.#words;
    const { address, port } = realServer;
    const copied = this.#copied;
    words[at + sequenceWord] = this.#sequence;
    this.#at = at + realServerMessageWords;
    this.#sequence += 1;
    if (
      address.family === 'IPv4' &&
      copied?.address.family === 'IPv4' &&
      realServer.weight === copied.weight &&
      realServer.method === copied.method &&
      realServer.upperThreshold === copied.upperThreshold &&
      realServer.lowerThreshold === copied.lowerThreshold
    ) {
      // As `swap32` and `swap16` do: calling them would take longer than all the rest.
      const { word0 } = address;
      words[at + place.realServer.address] =
        (word0 << 24) | ((word0 & 0xff00) << 8) | ((word0 >>> 8) & 0xff00) | (word0 >>> 24);
      words[at + place.realServer.port] = ((port & 0xff) << 8) | (port >>> 8);
    } else {
      changeRealServer(words, at, realServer);
    }
  };
}
