export type NftFamily = 'inet' | 'ip' | 'arp' | 'netdev' | 'bridge' | 'ip6';

/** In a question: of whichever family. */
export const anyFamily = 0;

/** The numbers of NFPROTO (linux/netfilter.h). */
const families: ReadonlyMap<number, NftFamily> = new Map([
  [1, 'inet'],
  [2, 'ip'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ip6'],
]);

/** The family that a message of nf_tables is about; undefined for one that it has a number for alone. */
export function familyOf(payload: Buffer): NftFamily | undefined {
  return families.get(payload.readUInt8(0));
}

/** Its number. Pure. */
export function numberOfFamily(family: NftFamily): number {
  return [...families].find(([, name]) => name === family)?.[0] ?? anyFamily;
}
