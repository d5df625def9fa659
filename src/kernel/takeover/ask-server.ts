import { asError } from '../../base/as-error.ts';
import { ask } from '../../base/http/ask.ts';
import { reachableAddress, type BindAddress } from '../../net/bind-address.ts';
import type { ServedReading } from './readings.ts';

const silenceMs = 3000;

/** Asks a server of this node for a path. Never rejects. */
export async function askServer(
  address: BindAddress | undefined,
  path: string,
): Promise<ServedReading> {
  if (address === undefined) {
    return { kind: 'off' };
  }
  try {
    return { kind: 'answered', ...(await ask(reachableAddress(address), path, silenceMs)) };
  } catch (error) {
    return { kind: 'closed', reason: asError(error).message };
  }
}
