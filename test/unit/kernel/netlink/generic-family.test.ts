import assert from 'node:assert/strict';
import { NetlinkConnection } from '../../../../src/kernel/netlink/connection.ts';
import { resolveFamily } from '../../../../src/kernel/netlink/generic-family.ts';
import { ScriptedSockets, type Script } from '../../../support/fake-kernel/sockets.ts';
import { attribute, errorMessage, netlinkMessage } from '../../../support/fake-kernel/wire.ts';
import { hex } from '../../../support/written-bytes.ts';

function resolve(script: Script): { kernel: ScriptedSockets; family: Promise<number> } {
  const kernel = new ScriptedSockets(script);
  const connection = new NetlinkConnection(kernel.open, { deadlineMs: 200 });
  return { kernel, family: resolveFamily(connection, 'IPVS') };
}

const header = Buffer.from('01020000', 'hex');

describe('resolving a generic netlink family', () => {
  it('asks the controller (family 16, command 3) for the name and reads the number', async () => {
    const { kernel, family } = resolve(([request], socket) => {
      const payload = Buffer.concat([
        header,
        attribute(2, Buffer.from('IPVS\0')),
        attribute(1, Buffer.from('1c00', 'hex')),
      ]);
      socket.reply(netlinkMessage(16, request?.sequence ?? 0, payload));
    });
    assert.equal(await family, 28);
    const request = kernel.datagrams[0]?.[0];
    assert.equal(request?.type, 16);
    assert.equal(request.flags, 1);
    assert.equal(request.payload.toString('hex'), hex('03 01 0000', '0900 0200 49505653 00000000'));
  });

  it('answers ENOENT where the kernel has no such family', async () => {
    const { family } = resolve(([request], socket) => {
      socket.reply(errorMessage(request?.sequence ?? 0, 2));
    });
    await assert.rejects(family, { name: 'NetlinkError', code: 'ENOENT' });
  });

  it('answers EBADMSG where the kernel forgets the number', async () => {
    const { family } = resolve(([request], socket) => {
      socket.reply(netlinkMessage(16, request?.sequence ?? 0, header));
    });
    await assert.rejects(family, { name: 'NetlinkError', code: 'EBADMSG' });
  });
});
