import assert from 'node:assert/strict';
import { SetClient } from '../../../src/ipset/client.ts';
import type { IpSet, SetOperation, SetType } from '../../../src/ipset/model.ts';
import type { ReceivedMessage } from '../../../src/netlink/message-reader.ts';
import { ip } from '../../support/cluster-objects.ts';
import {
  answerAll,
  attribute,
  doneMessage,
  errorMessage,
  FakeKernel,
  netlinkMessage,
  type FakeSocket,
} from '../../support/fake-transport.ts';

type Answer = (request: ReceivedMessage, socket: FakeSocket) => void;

const command = { create: 0x602, destroy: 0x603, list: 0x607, type: 0x60d };
const errno = { EPERM: 1, ENOENT: 2, EEXIST: 17, EINVAL: 22, noType: 4098, busy: 4100 };
const header = Buffer.from('02000000', 'hex');

function refuse(code: number): Answer {
  return ({ sequence }, socket) => {
    socket.reply(errorMessage(sequence, code));
  };
}

const revisionFour: Answer = ({ sequence }, socket) => {
  const payload = Buffer.concat([header, attribute(4, Buffer.from([4]))]);
  socket.reply(netlinkMessage(command.type, sequence, payload));
};

/** A dump of these payloads. */
function dump(...payloads: readonly Buffer[]): Answer {
  return ({ sequence }, socket) => {
    const parts = payloads.map((payload) =>
      netlinkMessage(command.list, sequence, Buffer.concat([header, payload]), 2),
    );
    socket.reply(...parts, doneMessage(sequence));
  };
}

function kernelWith(answers: Readonly<Record<number, Answer>>): FakeKernel {
  return new FakeKernel(([request], socket) => {
    if (request !== undefined) {
      (answers[request.type] ?? refuse(0))(request, socket);
    }
  });
}

function clientOf(answers: Readonly<Record<number, Answer>>): SetClient {
  return new SetClient({ deadlineMs: 100 }, kernelWith(answers).open);
}

function setOfType(type: SetType): IpSet {
  return { name: 'kube-ipvs-test-4', type, family: 'IPv4' };
}

const vips = setOfType('hash:ip');

describe('making a set', () => {
  it('takes the revision that the kernel has', async () => {
    const kernel = kernelWith({ [command.type]: revisionFour });
    await new SetClient({}, kernel.open).ensureSet(vips);
    const [question, order] = kernel.datagrams.flat();
    assert.equal(question?.type, command.type);
    assert.equal(order?.type, command.create);
    assert.ok(order.payload.includes(attribute(4, Buffer.from([4]))));
    assert.ok(order.payload.includes('kube-ipvs-test-4\0'));
  });

  it('is content with a set that is there', async () => {
    const client = clientOf({
      [command.type]: revisionFour,
      [command.create]: refuse(errno.EEXIST),
    });
    await assert.doesNotReject(client.ensureSet(vips));
  });

  it('rejects where the kernel refuses otherwise', async () => {
    const client = clientOf({ [command.type]: revisionFour, [command.create]: refuse(12) });
    await assert.rejects(client.ensureSet(vips), { name: 'NetlinkError', code: 'ENOMEM' });
  });

  it('asks for a type once in each family, and makes all sets in one datagram', async () => {
    const kernel = new FakeKernel((requests, socket) => {
      requests.forEach((request) => {
        (request.type === command.type ? revisionFour : refuse(0))(request, socket);
      });
    });
    const sets: readonly IpSet[] = [
      ...['a', 'b'].map((name) => ({ name, type: 'hash:ip', family: 'IPv4' }) as const),
      { name: 'c', type: 'hash:ip', family: 'IPv6' },
      { name: 'd', type: 'hash:ip,port', family: 'IPv4' },
    ];
    await new SetClient({}, kernel.open).ensureSets(sets);
    const types = kernel.datagrams.map((datagram) => datagram.map(({ type }) => type));
    const { type, create } = command;
    assert.deepEqual(types, [[type], [type], [type], [create, create, create, create]]);
  });
});

describe('asking whether the kernel has a type of set', () => {
  it('is answered by silence where it has', async () => {
    await assert.doesNotReject(clientOf({ [command.type]: revisionFour }).checkType(vips));
  });

  const modules = {
    'hash:ip': 'ip_set_hash_ip',
    'hash:ip,port': 'ip_set_hash_ipport',
    'hash:ip,port,net': 'ip_set_hash_ipportnet',
    'hash:ip,port,ip': 'ip_set_hash_ipportip',
    'bitmap:port': 'ip_set_bitmap_port',
  } as const;
  for (const type of Object.keys(modules) as SetType[] /* the keys above */) {
    it(`names the module ${modules[type]} for ${type}`, async () => {
      const client = clientOf({ [command.type]: refuse(errno.noType) });
      await assert.rejects(client.checkType(setOfType(type)), {
        name: 'SetsUnavailableError',
        message: `the kernel has no sets of type ${type}: load the module ${modules[type]}`,
      });
    });
  }

  it('takes a kernel without any sets for one without the type', async () => {
    for (const code of [errno.EINVAL, errno.ENOENT]) {
      const client = clientOf({ [command.type]: refuse(code) });
      await assert.rejects(client.checkType(vips), { name: 'SetsUnavailableError' });
    }
  });

  it('says which right is missing', async () => {
    const client = clientOf({ [command.type]: refuse(errno.EPERM) });
    await assert.rejects(client.checkType(vips), {
      name: 'SetsUnavailableError',
      message: /run as root or with the capability NET_ADMIN/,
    });
  });

  it('rejects with any other error as it is', async () => {
    const client = clientOf({ [command.type]: refuse(12) });
    await assert.rejects(client.checkType(vips), { name: 'NetlinkError', code: 'ENOMEM' });
  });
});

describe('deleting a set', () => {
  it('names it and asks for an answer', async () => {
    const kernel = kernelWith({});
    await new SetClient({}, kernel.open).destroySet('kube-ipvs-test-4');
    const [order] = kernel.datagrams.flat();
    assert.equal(order?.type, command.destroy);
    assert.ok(order.payload.includes('kube-ipvs-test-4\0'));
  });

  it('is done where it is gone already', async () => {
    const client = clientOf({ [command.destroy]: refuse(errno.ENOENT) });
    await assert.doesNotReject(client.destroySet('kube-ipvs-test-4'));
  });

  it('rejects while a rule refers to it', async () => {
    const client = clientOf({ [command.destroy]: refuse(errno.busy) });
    await assert.rejects(client.destroySet('kube-ipvs-test-4'), {
      code: 'EBUSY',
      message: /a rule refers to the set/,
    });
  });

  it('rejects with any other error as it is', async () => {
    const client = clientOf({ [command.destroy]: refuse(errno.EPERM) });
    await assert.rejects(client.destroySet('kube-ipvs-test-4'), { code: 'EPERM' });
  });
});

describe('reading a set', () => {
  const entry = (digits: string) =>
    attribute(7, attribute(1, attribute(1, Buffer.from(digits, 'hex'))));

  it('brings the parts of the answer together', async () => {
    const client = clientOf({
      [command.list]: dump(
        attribute(8, entry('0a600001')),
        attribute(8, Buffer.concat([entry('0a600002'), entry('0a600003')])),
      ),
    });
    const entries = await client.entries(vips);
    assert.deepEqual(
      entries?.map((found) => 'address' in found && found.address.text),
      ['10.96.0.1', '10.96.0.2', '10.96.0.3'],
    );
  });

  it('tells an absent set from an empty one', async () => {
    const absent = clientOf({ [command.list]: refuse(errno.ENOENT) });
    assert.equal(await absent.entries(vips), undefined);
    assert.equal(await absent.references(vips.name), undefined);
    const empty = clientOf({ [command.list]: dump(attribute(8, Buffer.alloc(0))) });
    assert.deepEqual(await empty.entries(vips), []);
  });

  it('finds the number of rules that refer to it in any part of the answer', async () => {
    const references = Buffer.concat([
      attribute(3, Buffer.from('hash:ip\0')),
      attribute(7, attribute(25, Buffer.from('00000003', 'hex'))),
    ]);
    const client = clientOf({ [command.list]: dump(attribute(8, Buffer.alloc(0)), references) });
    assert.equal(await client.references(vips.name), 3);
  });

  it('rejects where the kernel refuses otherwise', async () => {
    const client = clientOf({ [command.list]: refuse(errno.EPERM) });
    await assert.rejects(client.entries(vips), { code: 'EPERM' });
    await assert.rejects(client.references(vips.name), { code: 'EPERM' });
  });
});

describe('changing what sets hold', () => {
  const operations = ['10.96.0.1', '10.96.0.2', '10.96.0.3'].map((text): SetOperation => ({
    kind: 'add entry',
    set: vips,
    entry: { kind: 'address', address: ip(text) },
  }));

  async function failing(code: number): Promise<string[]> {
    const kernel = new FakeKernel(answerAll((index) => (index === 1 ? code : 0)));
    const outcomes = await new SetClient({}, kernel.open).execute(operations);
    assert.equal(kernel.datagrams.length, 1);
    return outcomes.map((outcome) => outcome?.message ?? 'done');
  }

  it('takes one datagram for many changes, and one that fails costs itself alone', async () => {
    assert.deepEqual(await failing(errno.ENOENT), [
      'done',
      'add entry 10.96.0.2 of set kube-ipvs-test-4: ENOENT: the set does not exist',
      'done',
    ]);
  });

  for (const [code, meaning] of [
    [4103, 'the entry is not there'],
    [4352, 'the set is full'],
    [1, 'EPERM'],
  ] as const) {
    it(`says of errno ${code}: ${meaning}`, async () => {
      const [, message] = await failing(code);
      assert.match(
        message ?? '',
        new RegExp(`^add entry 10\\.96\\.0\\.2 of set kube-ipvs-test-4: ${meaning}`),
      );
    });
  }

  it('answers with the change that failed and whether it may be done all the same', async () => {
    const refused = new FakeKernel(answerAll(() => errno.ENOENT));
    const [error] = await new SetClient({}, refused.open).execute(operations.slice(0, 1));
    assert.ok(error !== undefined);
    assert.equal(error.operation, operations[0]);
    assert.equal(error.code, 'ENOENT');
    assert.equal(error.outcomeUnknown, false);
    const silent = new FakeKernel(() => undefined);
    const [unknown] = await new SetClient({ deadlineMs: 20 }, silent.open).execute(operations);
    assert.equal(unknown?.outcomeUnknown, true);
  });

  it('closes its socket', async () => {
    const kernel = new FakeKernel();
    const client = new SetClient({}, kernel.open);
    await client.execute(operations);
    client.close();
    assert.equal(kernel.closed, 1);
  });
});
