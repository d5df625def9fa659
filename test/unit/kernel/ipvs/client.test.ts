import assert from 'node:assert/strict';
import { IpvsClient } from '../../../../src/kernel/ipvs/client.ts';
import { formatRealServer, type Operation } from '../../../../src/kernel/ipvs/model.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const web = virtualServer('10.96.0.1');
const addition: Operation = { kind: 'add virtual server', id: web, settings: plainSettings };
const denied = { kind: 'refused', code: 'EPERM' } as const;

async function setUp() {
  const kernel = new FakeKernel();
  const client = await IpvsClient.connect({ deadlineMs: 100 }, kernel.open('generic'));
  return { kernel, client };
}

describe('connecting to IPVS', () => {
  it('finds the family and asks a first question with its number', async () => {
    const { kernel, client } = await setUp();
    assert.deepEqual(kernel.questions, ['family IPVS', 'info']);
    assert.deepEqual(await client.info(), { version: '1.2.1', connectionTableSize: 4096 });
  });

  it('rejects with "module missing" where the kernel has no such family', async () => {
    const kernel = new FakeKernel();
    kernel.generic.ipvsFamily = undefined;
    await assert.rejects(IpvsClient.connect({}, kernel.open('generic')), {
      name: 'IpvsUnavailableError',
      reason: 'module missing',
    });
    const { opened, closed } = kernel.sockets.generic;
    assert.deepEqual([opened, closed], [1, 1]);
  });

  it('rejects with "not permitted" where the first question is refused', async () => {
    const kernel = new FakeKernel();
    kernel.addFaults('info', denied);
    await assert.rejects(IpvsClient.connect({}, kernel.open('generic')), {
      name: 'IpvsUnavailableError',
      reason: 'not permitted',
    });
    assert.equal(kernel.sockets.generic.closed, 1);
  });

  it('rejects with "no answer" where the kernel is silent', async () => {
    const kernel = new FakeKernel();
    kernel.addFaults('family IPVS', { kind: 'lost' });
    await assert.rejects(IpvsClient.connect({ deadlineMs: 20 }, kernel.open('generic')), {
      name: 'IpvsUnavailableError',
      reason: 'no answer',
      message: /did not answer within 20 ms/,
    });
  });
});

describe('the IPVS client', () => {
  it('answers each operation with its own error', async () => {
    const { client } = await setUp();
    const outcomes = await client.execute([addition, addition]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.code),
      [undefined, 'EEXIST'],
    );
    assert.equal(outcomes[1]?.operation, addition);
  });

  it('answers for a virtual server with the first of its real servers that failed', async () => {
    const { kernel, client } = await setUp();
    kernel.refuses = ({ words }) => (words.startsWith('add real server') ? 'EPERM' : undefined);
    const realServers = ['10.1.0.1', '10.1.0.2'].map((address) => realServer(address));
    const [added, deleted] = await client.execute([
      {
        kind: 'add virtual server',
        id: web,
        settings: plainSettings,
        realServers: new Map(realServers.map((each) => [formatRealServer(each), each])),
      },
      { kind: 'delete virtual server', id: web },
    ]);
    assert.deepEqual(added?.operation, {
      kind: 'add real server',
      id: web,
      realServer: realServers[0],
    });
    assert.equal(deleted, undefined);
  });

  it('answers nothing for no operations', async () => {
    const { client } = await setUp();
    assert.deepEqual(await client.execute([]), []);
  });

  for (const code of ['ENOENT', 'ESRCH'] as const) {
    it(`takes ${code} for the absence of a virtual server`, async () => {
      const { kernel, client } = await setUp();
      const refused = { kind: 'refused', code } as const;
      kernel.addFaults('virtual server TCP 10.96.0.1:80', refused);
      kernel.addFaults('real servers of TCP 10.96.0.1:80', refused);
      await client.execute([
        addition,
        { kind: 'add real server', id: web, realServer: realServer('10.244.1.1') },
      ]);
      assert.equal(await client.virtualServer(web), undefined);
      assert.deepEqual(await client.realServers(web), []);
    });
  }

  it('rejects a read that fails otherwise', async () => {
    const { kernel, client } = await setUp();
    kernel.addFaults('virtual server TCP 10.96.0.1:80', denied);
    kernel.addFaults('virtual servers', denied);
    await assert.rejects(client.virtualServer(web), { code: 'EPERM' });
    await assert.rejects(client.virtualServers(), { code: 'EPERM' });
  });

  it('reads an empty table', async () => {
    const { client } = await setUp();
    assert.deepEqual(await client.virtualServers(), []);
  });

  it('rejects a command that is refused', async () => {
    const { kernel, client } = await setUp();
    kernel.addFaults('flush', denied);
    await assert.rejects(client.flush(), { name: 'NetlinkError', code: 'EPERM' });
  });
});
