import assert from 'node:assert/strict';
import { AddressClient } from '../../../src/addresses/client.ts';
import {
  attribute,
  doneMessage,
  errorMessage,
  FakeKernel,
  netlinkMessage,
} from '../../support/fake-transport.ts';
import { ip } from '../../support/ipvs-examples.ts';

interface FakeLink {
  readonly index: number;
  readonly name: string;
  readonly kind?: string;
}

/** A kernel with links that answers RTM_NEWLINK, the first time, with the errno. */
function kernelWith(links: FakeLink[], makingFailsWith = 0): FakeKernel {
  return new FakeKernel((messages, socket) => {
    for (const { type, sequence, flags } of messages) {
      if (type === 18) {
        socket.reply(...links.map((link) => linkMessage(sequence, link)), doneMessage(sequence));
      } else if (type === 16 && (flags & 0x400) !== 0) {
        if (makingFailsWith === 0 || makingFailsWith === 17) {
          links.push({ index: 9, name: 'kube-ipvs0', kind: 'dummy' });
        }
        socket.reply(errorMessage(sequence, makingFailsWith));
      } else {
        socket.reply(errorMessage(sequence, type === 16 ? 0 : 99));
      }
    }
  });
}

function linkMessage(sequence: number, { index, name, kind }: FakeLink): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(index, 4);
  const info = kind === undefined ? [] : [attribute(18, attribute(1, Buffer.from(`${kind}\0`)))];
  const payload = Buffer.concat([header, attribute(3, Buffer.from(`${name}\0`)), ...info]);
  return netlinkMessage(16, sequence, payload, 0x2);
}

const lo: FakeLink = { index: 1, name: 'lo' };
const client = (kernel: FakeKernel): AddressClient =>
  new AddressClient({ deadlineMs: 100 }, kernel.open);
/** The types of the messages that were sent, NEWLINK and GETLINK. */
const sent = (kernel: FakeKernel): number[] => kernel.datagrams.flat().map(({ type }) => type);

describe('the VIP link', () => {
  it('that exists is taken as it is', async () => {
    const kernel = kernelWith([lo, { index: 4, name: 'kube-ipvs0', kind: 'dummy' }]);
    assert.equal((await client(kernel).ensureVipLink()).index, 4);
    assert.deepEqual(sent(kernel), [18]);
  });

  it('that does not exist is made and given an alias', async () => {
    const kernel = kernelWith([lo]);
    assert.equal(await client(kernel).findVipLink(), undefined);
    assert.equal((await client(kernel).ensureVipLink()).index, 9);
    assert.deepEqual(sent(kernel), [18, 18, 16, 18, 16]);
    const alias = kernel.datagrams.at(-1)?.[0]?.payload.toString('latin1') ?? '';
    assert.match(alias, /made by kube-ipvs\0/);
  });

  it('that another makes meanwhile is taken, and gets no alias of ours', async () => {
    const kernel = kernelWith([lo], 17);
    assert.equal((await client(kernel).ensureVipLink()).index, 9);
    assert.deepEqual(sent(kernel), [18, 16, 18]);
  });

  it('of a kind that is not dummy is refused by name, kind and what to do', async () => {
    const kernel = kernelWith([lo, { index: 4, name: 'kube-ipvs0', kind: 'bridge' }]);
    await assert.rejects(client(kernel).ensureVipLink(), {
      name: 'VipLinkError',
      message: /kube-ipvs0 exists and is of kind bridge.*delete or rename it/,
    });
  });

  it('of hardware is refused too', async () => {
    const kernel = kernelWith([{ index: 4, name: 'kube-ipvs0' }]);
    await assert.rejects(client(kernel).findVipLink(), { message: /of kind hardware/ });
  });

  for (const [errno, advice] of [
    [95, /modprobe dummy/],
    [1, /EPERM/],
  ] as const) {
    it(`that cannot be made for errno ${errno} says why`, async () => {
      await assert.rejects(client(kernelWith([lo], errno)).ensureVipLink(), {
        name: 'VipLinkError',
        message: advice,
      });
    });
  }
});

describe('an address that cannot be changed', () => {
  it('is named with the operation and the errno', async () => {
    const operation = { kind: 'unbind' as const, address: ip('fd00::1') };
    const [error] = await client(kernelWith([])).execute(5, [operation]);
    assert.equal(error?.code, 'EADDRNOTAVAIL');
    assert.equal(error.operation, operation);
    assert.equal(error.outcomeUnknown, false);
    assert.match(error.message, /^unbind fd00::1\/128 on kube-ipvs0: EADDRNOTAVAIL: /);
  });
});
