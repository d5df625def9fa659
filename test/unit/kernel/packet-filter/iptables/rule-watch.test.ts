import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { MonitorListener } from '../../../../../src/kernel/line-monitor.ts';
import { RuleWatch } from '../../../../../src/kernel/packet-filter/iptables/rule-watch.ts';

/** As xtables-monitor 1.8.9 prints them for `iptables-nft -F INPUT`, and for a rule that came. */
const removal = ' EVENT: -4 -t filter -D INPUT -j KIPVS-INPUT';
const addition = ' EVENT: -4 -t filter -A INPUT -j FOO';
const generation = 'NEWGEN: GENID=4 PID=24024 NAME=iptables-nft';

function setUp(areNft: boolean) {
  const node = { jumps: true, rules: true };
  const looks: string[] = [];
  const told: string[] = [];
  let monitor: MonitorListener | undefined;
  const watch = new RuleWatch(
    {
      areJumpsInPlace: () => {
        looks.push('jumps');
        return Promise.resolve(node.jumps);
      },
      areInPlace: () => {
        looks.push('all');
        return Promise.resolve(node.rules);
      },
      areNft: () => areNft,
    },
    { gone: () => told.push('gone'), failed: (error) => told.push(error.message) },
    (listener) => {
      monitor = listener;
      return { start: () => undefined, stop: () => undefined };
    },
  );
  watch.start();
  return {
    node,
    looks,
    told,
    watch,
    notice: (line: string) => monitor?.notice(line),
    monitorOf: () => monitor,
  };
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.resolve();
  }
}

describe('rules that others may flush', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('are looked at every two seconds, whatever the variant', async () => {
    const { node, looks, told, watch } = setUp(false);
    await pass(2000);
    await pass(2000);
    assert.deepEqual(looks, ['jumps', 'jumps']);
    assert.deepEqual(told, []);
    node.jumps = false;
    await pass(2000);
    assert.deepEqual(told, ['gone']);
    watch.stop();
  });

  it('have no monitor with the legacy variant', async () => {
    const { monitorOf, watch } = setUp(false);
    await pass(2000);
    assert.equal(monitorOf(), undefined);
    watch.stop();
  });

  it('are looked at soon after a notice that some are gone, once for a burst', async () => {
    const { node, looks, told, notice, watch } = setUp(true);
    await pass(2000);
    looks.length = 0;
    node.rules = false;
    for (let count = 0; count < 40; count += 1) {
      notice(removal);
    }
    await pass(100);
    assert.deepEqual(looks, ['all']);
    assert.deepEqual(told, ['gone']);
    watch.stop();
  });

  it('are not looked at for rules that came, and changes of our own lead to nothing', async () => {
    const { looks, told, notice, watch } = setUp(true);
    await pass(2000);
    looks.length = 0;
    notice(addition);
    notice(generation);
    await pass(1000);
    assert.deepEqual(looks, []);
    notice(removal);
    await pass(100);
    assert.deepEqual(looks, ['all']);
    assert.deepEqual(told, []);
    watch.stop();
  });

  it('say once that they cannot be followed', async () => {
    const { told, watch, monitorOf } = setUp(true);
    await pass(2000);
    monitorOf()?.failed(new Error('no monitor'));
    monitorOf()?.failed(new Error('no monitor'));
    assert.deepEqual(told, ['no monitor']);
    watch.stop();
  });
});
