import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type Operation,
  type VirtualServerId,
  type VirtualServerSettings,
} from '../../src/kernel/ipvs/model.ts';
import { readOne, readTable, type ListedVirtualServer } from '../../src/kernel/ipvs/read-table.ts';
import { kernelTable, type TableEntry } from '../support/arbitraries.ts';
import { emptyKernel } from '../support/kernel-state.ts';
import { ipvsadm, parseIpvsadm, sorted, type ShownVirtualServer } from '../support/ipvsadm.ts';
import { runCommand } from '../support/run-command.ts';
import { plainSettings, realServer, virtualServer } from '../support/ipvs-examples.ts';

/** A table as our own reading has it, in the words of ipvsadm. */
function inWords(listed: Iterable<ListedVirtualServer>): Omit<ShownVirtualServer, 'options'>[] {
  const shown = [...listed].map(({ id, settings, realServers }) => {
    assert.ok(id.kind === 'address');
    return {
      protocol: id.protocol,
      address: formatRealServer(id),
      scheduler: settings.scheduler,
      realServers: sorted(
        realServers.map(({ realServer }) => {
          assert.ok(realServer.method !== 'local' && realServer.method !== 'bypass');
          const { method, weight } = realServer;
          return { address: formatRealServer(realServer), method, weight };
        }),
        ({ address }) => address,
      ),
    };
  });
  return sorted(shown, ({ protocol, address }) => `${protocol} ${address}`);
}

const withoutOptions = (shown: readonly ShownVirtualServer[]): unknown[] =>
  shown.map(({ protocol, address, scheduler, realServers }) => ({
    protocol,
    address,
    scheduler,
    realServers,
  }));

const settingsByKey = (
  entries: Iterable<{ readonly id: VirtualServerId; readonly settings: VirtualServerSettings }>,
): [string, VirtualServerSettings][] =>
  sorted(
    [...entries].map(({ id, settings }): [string, VirtualServerSettings] => [
      formatVirtualServer(id),
      settings,
    ]),
    ([key]) => key,
  );

const additionsOf = (entries: readonly TableEntry[]): Operation[] =>
  entries.flatMap(({ id, settings, realServers }): Operation[] => [
    { kind: 'add virtual server', id, settings },
    ...realServers.map((realServer): Operation => ({ kind: 'add real server', id, realServer })),
  ]);

describe('reading the table of the kernel', () => {
  let client: IpvsClient;

  before(async () => {
    await emptyKernel();
    client = await IpvsClient.connect();
  });
  afterEach(emptyKernel);
  after(() => {
    client.close();
  });

  it('gives back 30 random tables as they were made, as ipvsadm does, whole or one by one', async () => {
    await fc.assert(
      fc.asyncProperty(kernelTable(6), async (entries) => {
        await client.flush();
        const outcomes = await client.execute(additionsOf(entries));
        assert.ok(outcomes.every((outcome) => outcome === undefined));

        const table = [...(await readTable(client)).values()];
        const shown = parseIpvsadm(await ipvsadm('-Sn'));
        assert.deepEqual(inWords(table), withoutOptions(shown));
        assert.deepEqual(settingsByKey(table), settingsByKey(entries));

        const ones = await Promise.all(entries.map(({ id }) => readOne(client, id)));
        const found = ones.filter((one) => one !== undefined);
        assert.deepEqual(inWords(found), withoutOptions(shown));
        assert.deepEqual(settingsByKey(found), settingsByKey(entries));
      }),
      { numRuns: 30 },
    );
  });

  it('returns undefined for one that is not there', async () => {
    assert.equal(await readOne(client, virtualServer('10.96.0.1')), undefined);
  });

  describe('while another network namespace has virtual servers too', () => {
    const other = 'elsewhere';
    const count = 250;

    before(async () => {
      await runCommand('ip', 'netns', 'add', other);
      const rules = Array.from({ length: count }, (_, index) => `-A -t 10.98.0.${index + 1}:80`);
      await runCommand(
        'ip',
        'netns',
        'exec',
        other,
        'sh',
        '-ec',
        `echo '${rules.join('\n')}' | ipvsadm -R`,
      );
    });
    after(() => runCommand('ip', 'netns', 'delete', other));

    it('leaves out none of ours, nor a real server of theirs', async () => {
      const entries = Array.from({ length: count }, (_, index): TableEntry => ({
        id: virtualServer(`10.96.0.${index + 1}`),
        settings: plainSettings,
        realServers: [1, 2, 3].map((part) => realServer(`10.244.${part}.${index + 1}`)),
      }));
      await client.execute(additionsOf(entries));

      const table = await readTable(client);
      assert.deepEqual(
        Array.from(table.values(), ({ id, realServers }) => [
          formatVirtualServer(id),
          sorted(
            realServers.map(({ realServer: each }) => formatRealServer(each)),
            (key) => key,
          ),
        ]).toSorted(),
        entries
          .map(({ id, realServers }) => [
            formatVirtualServer(id),
            realServers.map(formatRealServer),
          ])
          .toSorted(),
      );
    });
  });

  describe('of 3,000 virtual servers while another changes 1,500 others', () => {
    const numbered = (network: string, count: number): VirtualServerId[] =>
      Array.from({ length: count }, (_, index) =>
        virtualServer(`${network}.${index >> 8}.${index & 255}`),
      );
    const stable = numbered('10.96', 3000);
    const passing = numbered('10.97', 1500);
    const add = (id: VirtualServerId): Operation => ({
      kind: 'add virtual server',
      id,
      settings: plainSettings,
    });
    const keysOf = (ids: readonly VirtualServerId[]): string[] =>
      sorted(ids.map(formatVirtualServer), (key) => key);
    let other: IpvsClient;

    beforeEach(async () => {
      other = await IpvsClient.connect();
      await client.execute(stable.map(add));
    });
    afterEach(() => {
      other.close();
    });

    /** Reads the table over and over until the other is ready; answers the keys of each reading. */
    async function readMeanwhile(changes: Promise<unknown>): Promise<string[][]> {
      const readings: string[][] = [];
      const state = { changing: true };
      const ready = changes.finally(() => {
        state.changing = false;
      });
      while (state.changing) {
        readings.push([...(await readTable(client)).keys()]);
      }
      await ready;
      return readings;
    }

    async function inSmallParts(operations: readonly Operation[]): Promise<void> {
      for (let start = 0; start < operations.length; start += 50) {
        await other.execute(operations.slice(start, start + 50));
      }
    }

    it('misses none of them while others are added', async () => {
      for (const keys of await readMeanwhile(inSmallParts(passing.map(add)))) {
        const found = new Set(keys);
        assert.deepEqual(
          keysOf(stable).filter((key) => !found.has(key)),
          [],
        );
      }
    });

    it('shows nothing that never was while others are deleted, and is whole again after that', async () => {
      await client.execute(passing.map(add));
      const known = new Set([...keysOf(stable), ...keysOf(passing)]);
      const deletions = passing.map((id): Operation => ({ kind: 'delete virtual server', id }));
      for (const keys of await readMeanwhile(inSmallParts(deletions))) {
        // The kernel leaves out what moves up in its table meanwhile, and says nothing of it:
        // a reading may lack virtual servers that exist.
        assert.ok(keys.every((key) => known.has(key)));
      }
      assert.deepEqual(
        sorted([...(await readTable(client)).keys()], (key) => key),
        keysOf(stable),
      );
    });
  });
});
