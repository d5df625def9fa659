import { IpvsClient } from '../../../src/kernel/ipvs/client.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { readOperations, requireSuccess } from './input.ts';

/** IpvsClient.execute of the list of all operations: encodes, sends, and reads the answers. */
export async function client({ folder }: ProbeInput): Promise<Reading> {
  const { virtualServers } = await readOperations(folder);
  const ipvs = await IpvsClient.connect();
  try {
    const startedAt = performance.now();
    const outcomes = await ipvs.execute(virtualServers);
    const ms = performance.now() - startedAt;
    requireSuccess(outcomes);
    return { ms };
  } finally {
    ipvs.close();
  }
}
