import assert from 'node:assert/strict';
import { ProxyHealth } from '../../../src/serve/health/proxy-health.ts';
import { KernelState } from '../../../src/app/kernel-state.ts';
import { NodeTroubles } from '../../../src/inspect/node-troubles.ts';
import { nodeAddressNews } from '../../../src/app/node-address-news.ts';
import { OngoingTroubles } from '../../../src/app/ongoing-troubles.ts';

const periodMs = 30_000;

function setUp() {
  const clock = { nowMs: 0 };
  const lines: string[] = [];
  const events: string[] = [];
  const write =
    (level: string) =>
    (message: string, details: object = {}) =>
      lines.push(`${level} ${message} ${JSON.stringify(details)}`);
  const log = { debug: write('debug'), info: write('info'), error: write('error') };
  const health = new ProxyHealth(periodMs, () => clock.nowMs);
  const troubles = new OngoingTroubles();
  const state = new KernelState(health, troubles, log, (message) => events.push(message));
  const nodeTroubles = new NodeTroubles(() => 0);
  const addresses = nodeAddressNews(health, troubles, log, nodeTroubles);
  return { clock, lines, events, health, state, addresses };
}

const round = { applied: 1, failures: [], written: ['virtual server'], drifted: [] };

describe('what an operator reads of the kernel', () => {
  it('is one line at info for a thousand rounds of changes', () => {
    const { lines, state } = setUp();
    for (let times = 0; times < 1000; times += 1) {
      state.round(round, 1.23);
    }
    const shown = lines.filter((line) => line.startsWith('info'));
    assert.deepEqual(shown, ['info kernel synced {"applied":1,"ms":1.2}']);
    assert.equal(lines.length, 1000);
  });

  it('is what had to be repaired, and how much', () => {
    const { lines, state } = setUp();
    state.round(round, 1);
    const drifted = Array.from({ length: 25 }, (_, index) => ({
      kind: 'bound address',
      key: `10.96.0.${index}`,
    }));
    state.round({ ...round, drifted }, 1);
    const repaired = lines.filter((line) => line.includes('repaired'));
    assert.equal(repaired.length, 1);
    assert.match(repaired[0] ?? '', /^info .*"objects":25,"first":\["bound address 10\.96\.0\.0"/);
  });

  it('is once that the kernel cannot be read, and once that it can again', () => {
    const { lines, events, state } = setUp();
    for (let times = 0; times < 100; times += 1) {
      state.unreadable(new Error(times % 2 === 0 ? 'ENOBUFS: lost' : 'ETIMEDOUT: silence'));
    }
    state.read();
    state.read();
    state.unreadable(new Error('ENOBUFS: lost'));
    assert.deepEqual(
      lines.map((line) => line.replace(/ \{\}$/, '')),
      [
        'error the kernel could not be read: ENOBUFS: lost',
        'error the kernel could not be read: ETIMEDOUT: silence',
        'info the kernel can be read again',
        'error the kernel could not be read: ENOBUFS: lost',
      ],
    );
    assert.equal(events.length, 3);
  });

  it('is once that addresses cannot be read or followed; only the former is ill health', () => {
    const { clock, lines, health, addresses } = setUp();
    for (let times = 0; times < 100; times += 1) {
      addresses.unfollowed(new Error('"ip monitor" has ended'));
    }
    clock.nowMs += 3 * periodMs;
    assert.equal(health.alive, true);
    addresses.unreadable(new Error('EPERM: refused'));
    addresses.unreadable(new Error('EPERM: refused'));
    assert.equal(lines.length, 2);
    clock.nowMs += 3 * periodMs;
    assert.equal(health.alive, false);
    addresses.read();
    assert.equal(health.alive, true);
  });
});
