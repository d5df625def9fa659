/**
 * Loaded before the program (`node --import`): kills it with SIGKILL as soon as the kernel has
 * taken so many batches of changes as KUBE_IPVS_TEST_KILL_AFTER says. The kernel works through a
 * datagram as a whole, so that these are all the states that a kill can leave behind.
 */
import { RawNetlinkSocket } from 'netlink/dist/raw.js';

/** Questions are shorter, batches of some dozens of changes longer. */
const shortestBatchBytes = 2000;

let batchesLeft = Number(process.env['KUBE_IPVS_TEST_KILL_AFTER']);

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the socket below
const { send } = RawNetlinkSocket.prototype;

RawNetlinkSocket.prototype.send = function (this: RawNetlinkSocket, message) {
  const isBatch = message.length >= shortestBatchBytes;
  send.call(this, message, undefined, (error) => {
    if (error !== undefined) {
      this.emit('error', error);
    } else if (isBatch) {
      batchesLeft -= 1;
      if (batchesLeft === 0) {
        process.kill(process.pid, 'SIGKILL');
      }
    }
  });
};
