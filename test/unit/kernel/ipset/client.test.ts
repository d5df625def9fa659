import assert from 'node:assert/strict';
import { SetClient } from '../../../../src/kernel/ipset/client.ts';
import type { IpSet, SetOperation, SetType } from '../../../../src/kernel/ipset/model.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { ScriptedSockets } from '../../../support/fake-kernel/sockets.ts';
import { attribute, doneMessage, netlinkMessage } from '../../../support/fake-kernel/wire.ts';
import { FakeKernel, type Fault } from '../../../support/fake-kernel/fake-kernel.ts';

const denied = { kind: 'refused', code: 'EPERM' } as const;
const noMemory = { kind: 'refused', code: 'ENOMEM' } as const;

function setUp() {
  const kernel = new FakeKernel();
  return { kernel, client: new SetClient({ deadlineMs: 100 }, kernel.open('netfilter')) };
}

function setOfType(type: SetType): IpSet {
  return { name: 'kube-ipvs-test-4', type, family: 'IPv4' };
}

const vips = setOfType('hash:ip');
const entriesOfVips = `entries of set ${vips.name}`;

function additions(...addresses: readonly string[]): SetOperation[] {
  return addresses.map((text) => ({
    kind: 'add entry',
    set: vips,
    entry: { kind: 'address', address: ip(text) },
  }));
}

describe('making a set', () => {
  it('takes the revision that the kernel has', async () => {
    const { kernel, client } = setUp();
    kernel.ipset.revisions.set('hash:ip', 4);
    await client.ensureSet(vips);
    const { type, family, revision } = kernel.ipset.sets.get(vips.name) ?? {};
    assert.deepEqual({ type, family, revision }, { type: 'hash:ip', family: 2, revision: 4 });
  });

  it('is content with a set that is there', async () => {
    const { kernel, client } = setUp();
    await client.ensureSet(vips);
    await client.execute(additions('10.96.0.1'));
    await assert.doesNotReject(client.ensureSet(vips));
    assert.deepEqual(kernel.ipset.entries(vips.name), ['10.96.0.1']);
  });

  it('rejects where the kernel refuses otherwise', async () => {
    const { kernel, client } = setUp();
    kernel.addFaults(vips.name, noMemory);
    await assert.rejects(client.ensureSet(vips), { name: 'NetlinkError', code: 'ENOMEM' });
  });

  it('asks for a type once in each family, and makes all sets in one datagram', async () => {
    const { kernel, client } = setUp();
    const sets: readonly IpSet[] = [
      ...['a', 'b'].map((name) => ({ name, type: 'hash:ip', family: 'IPv4' }) as const),
      { name: 'c', type: 'hash:ip', family: 'IPv6' },
      { name: 'd', type: 'hash:ip,port', family: 'IPv4' },
    ];
    await client.ensureSets(sets);
    assert.equal(kernel.questions.length, 3);
    assert.deepEqual([...kernel.ipset.sets.keys()], ['a', 'b', 'c', 'd']);
    assert.equal(kernel.sockets.netfilter.datagrams.length, 4);
  });
});

describe('asking whether the kernel has a type of set', () => {
  it('is answered by silence where it has', async () => {
    await assert.doesNotReject(setUp().client.checkType(vips));
  });

  const modules = {
    'hash:ip': 'ip_set_hash_ip',
    'hash:ip,port': 'ip_set_hash_ipport',
    'hash:ip,port,net': 'ip_set_hash_ipportnet',
    'hash:ip,port,ip': 'ip_set_hash_ipportip',
    'bitmap:port': 'ip_set_bitmap_port',
    'hash:ip,mark': 'ip_set_hash_ipmark',
    'hash:net,net': 'ip_set_hash_netnet',
  } as const;
  for (const type of Object.keys(modules) as SetType[] /* the keys above */) {
    it(`names the module ${modules[type]} for ${type}`, async () => {
      const { kernel, client } = setUp();
      kernel.ipset.revisions.clear();
      await assert.rejects(client.checkType(setOfType(type)), {
        name: 'SetsUnavailableError',
        message: `the kernel has no sets of type ${type}: load the module ${modules[type]}`,
      });
    });
  }

  it('takes a kernel without any sets for one without the type', async () => {
    const { kernel, client } = setUp();
    for (const code of ['EINVAL', 'ENOENT'] as const) {
      kernel.addFaults('type hash:ip for IPv4', { kind: 'refused', code });
      await assert.rejects(client.checkType(vips), { name: 'SetsUnavailableError' });
    }
  });

  it('says which right is missing', async () => {
    const { kernel, client } = setUp();
    kernel.addFaults('type hash:ip for IPv4', denied);
    await assert.rejects(client.checkType(vips), {
      name: 'SetsUnavailableError',
      message: /run as root or with the capability NET_ADMIN/,
    });
  });

  it('rejects with any other error as it is', async () => {
    const { kernel, client } = setUp();
    kernel.addFaults('type hash:ip for IPv4', noMemory);
    await assert.rejects(client.checkType(vips), { name: 'NetlinkError', code: 'ENOMEM' });
  });
});

describe('deleting a set', () => {
  it('deletes it and no other', async () => {
    const { kernel, client } = setUp();
    await client.ensureSets([vips, { ...vips, name: 'other' }]);
    await client.destroySet(vips.name);
    assert.deepEqual([...kernel.ipset.sets.keys()], ['other']);
  });

  it('is done where it is gone already', async () => {
    const { kernel, client } = setUp();
    await assert.doesNotReject(client.destroySet(vips.name));
    kernel.addFaults(vips.name, { kind: 'refused', code: 'ENOENT' });
    await assert.doesNotReject(client.destroySet(vips.name));
  });

  it('rejects while a rule refers to it', async () => {
    const { kernel, client } = setUp();
    await client.ensureSet(vips);
    kernel.ipset.references = () => 1;
    await assert.rejects(client.destroySet(vips.name), {
      code: 'EBUSY',
      message: /a rule refers to the set/,
    });
  });

  it('rejects with any other error as it is', async () => {
    const { kernel, client } = setUp();
    kernel.addFaults(vips.name, denied);
    await assert.rejects(client.destroySet(vips.name), { code: 'EPERM' });
  });
});

describe('reading a set', () => {
  it('brings the parts of the answer together, those of a dump that is started again once', async () => {
    const { kernel, client } = setUp();
    await client.ensureSet(vips);
    const wanted = Array.from({ length: 40 }, (_, index) => `10.96.0.${index}`);
    await client.execute(additions(...wanted));
    kernel.addFaults(entriesOfVips, { kind: 'interrupted' });
    const entries = await client.entries(vips);
    assert.deepEqual(
      entries?.map((found) => 'address' in found && found.address.text),
      wanted,
    );
  });

  it('tells an absent set from an empty one', async () => {
    const { client } = setUp();
    assert.equal(await client.entries(vips), undefined);
    assert.equal(await client.references(vips.name), undefined);
    await client.ensureSet(vips);
    assert.deepEqual(await client.entries(vips), []);
  });

  it('finds the number of rules that refer to it', async () => {
    const { kernel, client } = setUp();
    await client.ensureSet(vips);
    kernel.ipset.references = (name) => (name === vips.name ? 3 : 0);
    assert.equal(await client.references(vips.name), 3);
  });

  it('finds it in any part of the answer', async () => {
    const name = attribute(2, Buffer.from(`${vips.name}\0`));
    const head = [
      attribute(3, Buffer.from('hash:ip\0')),
      attribute(7, attribute(25, Buffer.from('00000003', 'hex'))),
    ];
    const sockets = new ScriptedSockets(([request], socket) => {
      const { sequence = 0 } = request ?? {};
      const parts = [[name], [name, ...head]].map((part) =>
        netlinkMessage(0x607, sequence, Buffer.concat([Buffer.alloc(4), ...part]), 2),
      );
      socket.reply(...parts, doneMessage(sequence));
    });
    const client = new SetClient({}, sockets.open);
    assert.equal(await client.references(vips.name), 3);
  });

  it('rejects where the kernel refuses otherwise', async () => {
    const { kernel, client } = setUp();
    kernel.addFaults(entriesOfVips, denied);
    kernel.addFaults(`header of set ${vips.name}`, denied);
    await assert.rejects(client.entries(vips), { code: 'EPERM' });
    await assert.rejects(client.references(vips.name), { code: 'EPERM' });
  });
});

describe('changing what sets hold', () => {
  const operations = additions('10.96.0.1', '10.96.0.2', '10.96.0.3');

  async function failing(fault: Fault) {
    const { kernel, client } = setUp();
    await client.ensureSet(vips);
    const before = kernel.sockets.netfilter.datagrams.length;
    kernel.addFaults(`${vips.name} 10.96.0.2`, fault);
    const outcomes = await client.execute(operations);
    assert.equal(kernel.sockets.netfilter.datagrams.length, before + 1);
    return { kernel, outcomes };
  }

  it('takes one datagram for many changes, and one that fails costs itself alone', async () => {
    const { kernel, outcomes } = await failing({ kind: 'refused', code: 'ENOENT' });
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.message ?? 'done'),
      [
        'done',
        'add entry 10.96.0.2 of set kube-ipvs-test-4: ENOENT: the set does not exist',
        'done',
      ],
    );
    assert.deepEqual(kernel.ipset.entries(vips.name), ['10.96.0.1', '10.96.0.3']);
  });

  for (const [code, meaning] of [
    [4103, 'the entry is not there'],
    [4352, 'the set is full'],
    ['EPERM', 'EPERM'],
  ] as const) {
    it(`says of errno ${code}: ${meaning}`, async () => {
      const { outcomes } = await failing({ kind: 'refused', code });
      assert.match(
        outcomes[1]?.message ?? '',
        new RegExp(`^add entry 10\\.96\\.0\\.2 of set kube-ipvs-test-4: ${meaning}`),
      );
    });
  }

  it('returns the change that failed and whether it may be done all the same', async () => {
    const { kernel, client } = setUp();
    const [error] = await client.execute(operations.slice(0, 1));
    assert.ok(error !== undefined);
    assert.equal(error.operation, operations[0]);
    assert.equal(error.code, 'ENOENT');
    assert.equal(error.outcomeUnknown, false);
    await client.ensureSet(vips);
    kernel.addFaults(`${vips.name} 10.96.0.1`, { kind: 'overrun' });
    const [unknown] = await client.execute(operations);
    assert.equal(unknown?.outcomeUnknown, true);
    assert.deepEqual(kernel.ipset.entries(vips.name).length, 3);
  });

  it('closes its socket', async () => {
    const { kernel, client } = setUp();
    await client.execute(operations);
    client.close();
    assert.equal(kernel.sockets.netfilter.closed, 1);
  });
});
