import assert from 'node:assert/strict';
import { IpvsClient } from '../../../src/ipvs/client.ts';
import { formatRealServer, type Operation } from '../../../src/ipvs/model.ts';
import type { ReceivedMessage } from '../../../src/netlink/message-reader.ts';
import { messageFlag } from '../../../src/netlink/protocol.ts';
import {
  attribute,
  doneMessage,
  errorMessage,
  FakeKernel,
  netlinkMessage,
  type FakeSocket,
} from '../../support/fake-transport.ts';
import { hex } from '../../support/written-bytes.ts';
import { plainSettings, realServer, virtualServer } from '../../support/ipvs-examples.ts';

type Answer = (request: ReceivedMessage, socket: FakeSocket) => void;

/** A kernel that knows IPVS by the number 28 and answers its commands as the test says. */
function kernelWith(answers: Readonly<Record<number, Answer>>): FakeKernel {
  return new FakeKernel(([request], socket) => {
    answer(answers, request, socket);
  });
}

function answer(
  answers: Readonly<Record<number, Answer>>,
  request: ReceivedMessage | undefined,
  socket: FakeSocket,
): void {
  if (request === undefined) {
    return;
  }
  if (request.type === 16) {
    const id = Buffer.concat([Buffer.alloc(4), attribute(1, Buffer.from('1c00', 'hex'))]);
    socket.reply(netlinkMessage(16, request.sequence, id));
    return;
  }
  (answers[request.payload.readUInt8(0)] ?? refuse(95))(request, socket);
}

function refuse(errno: number): Answer {
  return ({ sequence }, socket) => {
    socket.reply(errorMessage(sequence, errno));
  };
}

const info: Answer = ({ sequence }, socket) => {
  const payload = Buffer.from(hex('0e010000', '0800 0100 01020100', '0800 0200 00100000'), 'hex');
  socket.reply(netlinkMessage(28, sequence, payload));
};

const command = {
  newService: 1,
  getService: 4,
  newDestination: 5,
  getDestination: 8,
  getInfo: 15,
  flush: 17,
};

async function connect(answers: Readonly<Record<number, Answer>>): Promise<IpvsClient> {
  const kernel = kernelWith({ [command.getInfo]: info, ...answers });
  return IpvsClient.connect({ deadlineMs: 100 }, kernel.open);
}

describe('connecting to IPVS', () => {
  it('finds the family and asks a first question with its number', async () => {
    const kernel = kernelWith({ [command.getInfo]: info });
    const client = await IpvsClient.connect({}, kernel.open);
    assert.deepEqual(
      kernel.datagrams.flat().map(({ type }) => type),
      [16, 28],
    );
    assert.deepEqual(await client.info(), { version: '1.2.1', connectionTableSize: 4096 });
  });

  it('rejects with "module missing" where the kernel has no such family', async () => {
    const kernel = new FakeKernel(([request], socket) => {
      socket.reply(errorMessage(request?.sequence ?? 0, 2));
    });
    await assert.rejects(IpvsClient.connect({}, kernel.open), {
      name: 'IpvsUnavailableError',
      reason: 'module missing',
    });
    assert.deepEqual([kernel.opened, kernel.closed], [1, 1]);
  });

  it('rejects with "not permitted" where the first question is refused', async () => {
    const kernel = kernelWith({ [command.getInfo]: refuse(1) });
    await assert.rejects(IpvsClient.connect({}, kernel.open), {
      name: 'IpvsUnavailableError',
      reason: 'not permitted',
    });
    assert.equal(kernel.closed, 1);
  });

  it('rejects with "no answer" where the kernel is silent', async () => {
    const kernel = new FakeKernel(() => undefined);
    await assert.rejects(IpvsClient.connect({ deadlineMs: 20 }, kernel.open), {
      name: 'IpvsUnavailableError',
      reason: 'no answer',
      message: /did not answer within 20 ms/,
    });
  });
});

describe('the IPVS client', () => {
  it('answers each operation with its own error', async () => {
    const client = await connect({ [command.newService]: refuse(17) });
    const operation: Operation = {
      kind: 'add virtual server',
      id: virtualServer('10.96.0.1'),
      settings: plainSettings,
    };
    const [error] = await client.execute([operation]);
    assert.equal(error?.code, 'EEXIST');
    assert.equal(error.operation, operation);
  });

  it('answers for a virtual server with the first of its real servers that failed', async () => {
    const kernel = new FakeKernel((requests, socket) => {
      if (requests.length === 1) {
        answer({ [command.getInfo]: info }, requests[0], socket);
        return;
      }
      requests.forEach(({ sequence, payload, flags }) => {
        if (payload.readUInt8(0) === command.newDestination) {
          socket.reply(errorMessage(sequence, 17));
        } else if ((flags & messageFlag.ack) !== 0) {
          socket.reply(errorMessage(sequence, 0));
        }
      });
    });
    const client = await IpvsClient.connect({}, kernel.open);
    const id = virtualServer('10.96.0.1');
    const realServers = ['10.1.0.1', '10.1.0.2'].map((address) => realServer(address));
    const [added, deleted] = await client.execute([
      {
        kind: 'add virtual server',
        id,
        settings: plainSettings,
        realServers: new Map(realServers.map((each) => [formatRealServer(each), each])),
      },
      { kind: 'delete virtual server', id },
    ]);
    assert.deepEqual(added?.operation, { kind: 'add real server', id, realServer: realServers[0] });
    assert.equal(deleted, undefined);
  });

  it('answers nothing for no operations', async () => {
    assert.deepEqual(await (await connect({})).execute([]), []);
  });

  for (const errno of [2, 3]) {
    it(`takes errno ${errno} for the absence of a virtual server`, async () => {
      const client = await connect({
        [command.getService]: refuse(errno),
        [command.getDestination]: refuse(errno),
      });
      assert.equal(await client.virtualServer(virtualServer('10.96.0.1')), undefined);
      assert.deepEqual(await client.realServers(virtualServer('10.96.0.1')), []);
    });
  }

  it('rejects a read that fails otherwise', async () => {
    const client = await connect({ [command.getService]: refuse(1) });
    await assert.rejects(client.virtualServer(virtualServer('10.96.0.1')), { code: 'EPERM' });
    await assert.rejects(client.virtualServers(), { code: 'EPERM' });
  });

  it('reads an empty table', async () => {
    const client = await connect({
      [command.getService]: ({ sequence }, socket) => {
        socket.reply(doneMessage(sequence));
      },
    });
    assert.deepEqual(await client.virtualServers(), []);
  });

  it('rejects a command that is refused', async () => {
    const client = await connect({ [command.flush]: refuse(1) });
    await assert.rejects(client.flush(), { name: 'NetlinkError', code: 'EPERM' });
  });
});
