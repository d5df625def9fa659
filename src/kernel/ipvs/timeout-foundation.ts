import { ImpossibleError, type Foundation } from '../../reconcile/foundation.ts';
import type { IpvsClient } from './client.ts';
import type { Timeouts } from './model.ts';

/** IPVS' connection timeouts, where the configuration sets them; 0 seconds leaves one as it is. */
export class TimeoutFoundation implements Foundation {
  readonly name = 'IPVS timeouts';
  readonly #client: Pick<IpvsClient, 'timeouts' | 'setTimeouts'>;
  #wanted: Timeouts;

  constructor(client: Pick<IpvsClient, 'timeouts' | 'setTimeouts'>, wanted: Timeouts) {
    this.#client = client;
    this.#wanted = wanted;
  }

  set(wanted: Timeouts): void {
    this.#wanted = wanted;
  }

  async ensure(): Promise<void> {
    const wanted = this.#wanted;
    const present = await this.#client.timeouts();
    const names = ['tcpSeconds', 'tcpFinSeconds', 'udpSeconds'] as const;
    if (names.some((name) => wanted[name] !== 0 && wanted[name] !== present[name])) {
      try {
        await this.#client.setTimeouts(wanted);
      } catch (error) {
        throw asImpossible(error);
      }
    }
  }
}

/** Values that the kernel does not take, and a right that is missing, stay so. */
function asImpossible(error: unknown): unknown {
  return error instanceof Error &&
    'code' in error &&
    (error.code === 'EINVAL' || error.code === 'EPERM')
    ? new ImpossibleError(error.message, 'right', { cause: error })
    : error;
}
