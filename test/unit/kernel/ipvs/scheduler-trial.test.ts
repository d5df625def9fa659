import assert from 'node:assert/strict';
import { IpvsError } from '../../../../src/kernel/ipvs/ipvs-error.ts';
import type { Operation, VirtualServerId } from '../../../../src/kernel/ipvs/model.ts';
import { NetlinkError } from '../../../../src/kernel/netlink/netlink-error.ts';
import { executeWithTrials } from '../../../../src/kernel/ipvs/scheduler-trial.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { plainSettings } from '../../../support/ipvs-examples.ts';

function idAt(port: number): VirtualServerId {
  return { kind: 'address', protocol: 'TCP', address: ip('10.96.0.1'), port };
}

function add(port: number, scheduler: string): Operation {
  const settings = { ...plainSettings, scheduler, owned: true };
  return { kind: 'add virtual server', id: idAt(port), settings };
}

function remove(port: number): Operation {
  return { kind: 'delete virtual server', id: idAt(port) };
}

function nameOf(operation: Operation): string {
  const { id } = operation;
  const port = id.kind === 'address' ? id.port : 0;
  return 'settings' in operation ? `${port} ${operation.settings.scheduler}` : `${port} gone`;
}

/** A client that answers each operation with the code of its scheduler, and remembers its calls. */
class Client {
  readonly calls: string[][] = [];
  readonly #codes: Readonly<Record<string, string>>;

  constructor(codes: Readonly<Record<string, string>> = {}) {
    this.#codes = codes;
  }

  execute(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    this.calls.push(operations.map(nameOf));
    return Promise.resolve(
      operations.map((operation) => {
        const code =
          'settings' in operation ? this.#codes[operation.settings.scheduler] : undefined;
        return code === undefined
          ? undefined
          : new IpvsError(operation, new NetlinkError(code, 'as the test says'));
      }),
    );
  }
}

async function run(client: Client, known: Set<string>, ...operations: readonly Operation[]) {
  const outcomes = await executeWithTrials(client, known, operations);
  return outcomes.map((outcome) => outcome?.code ?? 'done');
}

describe('a scheduler that is not known to work', () => {
  it('is tried with one virtual server before the others', async () => {
    const client = new Client();
    const known = new Set<string>();
    const codes = await run(client, known, add(1, 'rr'), add(2, 'rr'), remove(3), add(4, 'rr'));
    assert.deepEqual(codes, ['done', 'done', 'done', 'done']);
    assert.deepEqual(client.calls, [['1 rr'], ['2 rr', '3 gone', '4 rr']]);
    assert.deepEqual([...known], ['rr']);
  });

  it('is tried together with the other ones that are not known', async () => {
    const client = new Client();
    await run(client, new Set(['wlc']), add(1, 'rr'), add(2, 'wlc'), add(3, 'mh'), add(4, 'mh'));
    assert.deepEqual(client.calls, [
      ['1 rr', '3 mh'],
      ['2 wlc', '4 mh'],
    ]);
  });

  it('is not tried again once it is known', async () => {
    const client = new Client();
    const known = new Set<string>();
    await run(client, known, add(1, 'rr'));
    client.calls.length = 0;
    await run(client, known, add(2, 'rr'), add(3, 'rr'));
    assert.deepEqual(client.calls, [['2 rr', '3 rr']]);
  });
});

describe('a scheduler that the kernel lacks', () => {
  it('is asked for once; the others that want it are refused without being sent', async () => {
    const client = new Client({ mh: 'ENOENT' });
    const codes = await run(client, new Set(), add(1, 'mh'), add(2, 'mh'), add(3, 'mh'));
    assert.deepEqual(codes, ['ENOENT', 'ENOENT', 'ENOENT']);
    assert.deepEqual(client.calls, [['1 mh'], []]);
  });

  it('is named in each refusal, with the virtual server that wants it', async () => {
    const operations = [add(1, 'mh'), add(2, 'mh')];
    const outcomes = await executeWithTrials(new Client({ mh: 'ENOENT' }), new Set(), operations);
    outcomes.forEach((outcome, index) => {
      assert.equal(outcome?.operation, operations[index]);
      assert.match(outcome?.message ?? '', /mh/);
    });
  });

  it('costs no other operation anything, and the answers keep their places', async () => {
    const client = new Client({ mh: 'ENOENT' });
    const codes = await run(client, new Set(), remove(9), add(1, 'mh'), add(2, 'rr'), add(3, 'mh'));
    assert.deepEqual(codes, ['done', 'ENOENT', 'done', 'ENOENT']);
    assert.deepEqual(client.calls, [['1 mh', '2 rr'], ['9 gone']]);
  });

  it('is tried anew the next time', async () => {
    const client = new Client({ mh: 'ENOENT' });
    const known = new Set<string>();
    await run(client, known, add(1, 'mh'));
    await run(client, known, add(2, 'mh'));
    assert.deepEqual(client.calls, [['1 mh'], [], ['2 mh'], []]);
  });
});

describe('a trial that fails for another reason', () => {
  it('says nothing of the scheduler: the others are sent, and it is tried again', async () => {
    const client = new Client({ rr: 'EEXIST' });
    const known = new Set<string>();
    const codes = await run(client, known, add(1, 'rr'), add(2, 'rr'));
    assert.deepEqual(codes, ['EEXIST', 'EEXIST']);
    assert.deepEqual(client.calls, [['1 rr'], ['2 rr']]);
    assert.deepEqual([...known], []);
  });
});

describe('operations without a scheduler', () => {
  it('are sent as they are', async () => {
    const client = new Client();
    assert.deepEqual(await run(client, new Set(), remove(1), remove(2)), ['done', 'done']);
    assert.deepEqual(client.calls, [['1 gone', '2 gone']]);
  });
});
