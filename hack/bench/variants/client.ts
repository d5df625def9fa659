import { IpvsClient } from '../../../src/ipvs/client.ts';
import type { Measurement } from '../variant-names.ts';
import { readOperations, requireSuccess, type InputFolder } from './input.ts';

/** IpvsClient.execute of the list of all operations: encodes, sends, and reads the answers. */
export async function client(folder: InputFolder): Promise<Measurement> {
  const operations = await readOperations(folder);
  const ipvs = await IpvsClient.connect();
  try {
    const startedAt = performance.now();
    const outcomes = await ipvs.execute(operations);
    const ms = performance.now() - startedAt;
    requireSuccess(outcomes);
    return { ms, parts: {} };
  } finally {
    ipvs.close();
  }
}
