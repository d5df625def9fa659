import type { VirtualServer } from './desired.ts';

/** The row before, where the new one says the same and shares its parts. */
export function sharedVirtualServer(
  row: VirtualServer,
  before: VirtualServer | undefined,
): VirtualServer {
  const isSame =
    before !== undefined &&
    row.address.equals(before.address) &&
    row.port === before.port &&
    row.protocol === before.protocol &&
    row.realServers === before.realServers &&
    row.members === before.members &&
    sameSettings(row, before);
  return isSame ? before : row;
}

function sameSettings(a: VirtualServer, b: VirtualServer): boolean {
  const [namesOfA, namesOfB] = [a.schedulerFlags.names, b.schedulerFlags.names];
  return (
    a.scheduler === b.scheduler &&
    a.persistenceSeconds === b.persistenceSeconds &&
    a.drainTimeoutMs === b.drainTimeoutMs &&
    namesOfA.length === namesOfB.length &&
    namesOfA.every((name, index) => name === namesOfB[index])
  );
}
