import type { NetlinkConnection } from './connection.ts';
import { forEachAttribute, MalformedMessageError } from './message-reader.ts';
import { messageFlag } from './protocol.ts';

/** The controller of generic netlink (linux/genetlink.h): it knows the numbers of the families. */
export const controller = { family: 16, version: 1, newFamily: 1, getFamily: 3 } as const;
export const controllerAttribute = { familyId: 1, familyName: 2 } as const;

const headerLength = 4;

/** The number of a generic netlink family. Throws NetlinkError; ENOENT where there is none. */
export function resolveFamily(connection: NetlinkConnection, name: string): Promise<number> {
  return connection.get((writer, sequence) => {
    writer.beginMessage(controller.family, messageFlag.request, sequence);
    writer.u8(controller.getFamily);
    writer.u8(controller.version);
    writer.u16(0);
    writer.attributeString(controllerAttribute.familyName, name);
    writer.endMessage();
  }, readFamilyId);
}

function readFamilyId(payload: Buffer): number {
  let id: number | undefined;
  forEachAttribute(payload, headerLength, (type, value) => {
    if (type === controllerAttribute.familyId && value.length >= 2) {
      id = value.readUInt16LE(0);
    }
  });
  if (id === undefined) {
    throw new MalformedMessageError('the kernel names a netlink family without its number');
  }
  return id;
}
