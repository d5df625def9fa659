import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { ProxyHealth } from '../../../../src/serve/health/proxy-health.ts';

const periodMs = 30_000;

function setUp() {
  const clock = { nowMs: 1000 };
  return { clock, health: new ProxyHealth(periodMs, () => clock.nowMs) };
}

/** The kernel was read and a round has followed. */
function started() {
  const world = setUp();
  world.health.kernelRead();
  world.health.roundEnded();
  return world;
}

describe('the health of the proxy', () => {
  it('is bad before the kernel was brought in order for the first time, but no reason to end', () => {
    const { clock, health } = setUp();
    clock.nowMs += 100 * periodMs;
    assert.deepEqual([health.healthy, health.ready, health.alive], [false, false, true]);
  });

  it('is good after that, as long as the kernel was read within two periods', () => {
    const { clock, health } = started();
    assert.equal(health.healthy, true);
    clock.nowMs += 2 * periodMs;
    assert.equal(health.healthy, true);
    clock.nowMs += 1;
    assert.equal(health.healthy, false);
    health.kernelRead();
    assert.equal(health.healthy, true);
  });

  it('is not kept up by rounds of changes while the kernel is not read', () => {
    const { clock, health } = started();
    for (let second = 0; second <= 60; second += 1) {
      clock.nowMs += 1000;
      health.roundEnded();
    }
    assert.equal(health.alive, false);
  });

  for (const part of ['the kernel', 'the addresses of the node']) {
    it(`is bad once ${part} could not be read for two periods, and good again at once after it`, () => {
      const { clock, health } = started();
      health.fails(part);
      clock.nowMs += 2 * periodMs;
      health.fails(part);
      health.kernelRead();
      assert.equal(health.alive, true);
      clock.nowMs += 1;
      assert.equal(health.alive, false);
      health.works(part);
      assert.equal(health.alive, true);
    });
  }

  it('is bad too where the kernel cannot be read from the start', () => {
    const { clock, health } = setUp();
    health.fails('the kernel');
    clock.nowMs += 2 * periodMs + 1;
    assert.deepEqual([health.ready, health.alive], [false, false]);
  });

  it('is bad once a kind of objects could not be written for two periods, though it can be read', () => {
    const { clock, health } = started();
    for (let periods = 0; periods < 3; periods += 1) {
      health.unwritable(['bound address']);
      health.kernelRead();
      clock.nowMs += periodMs;
    }
    assert.equal(health.alive, false);
    health.unwritable([]);
    assert.equal(health.alive, true);
  });

  it('has no sync while a part of the kernel cannot be read or written', () => {
    const wall = { nowMs: 5000 };
    const health = new ProxyHealth(
      periodMs,
      () => 0,
      () => wall.nowMs,
    );
    health.kernelRead();
    assert.equal(health.roundEnded(), true);
    wall.nowMs = 6000;
    health.fails('the kernel');
    assert.equal(health.roundEnded(), false);
    assert.equal(health.lastSyncAtMs, 5000);
    health.works('the kernel');
    assert.equal(health.roundEnded(), true);
    assert.equal(health.lastSyncAtMs, 6000);
  });

  for (const hours of [-1, 1, 24 * 40]) {
    it(`does not change when the wall clock steps by ${hours} hours`, () => {
      mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) });
      try {
        const health = new ProxyHealth(periodMs);
        health.kernelRead();
        health.roundEnded();
        mock.timers.setTime(Date.UTC(2026, 0, 1) + hours * 3_600_000);
        assert.equal(health.healthy, true);
      } finally {
        mock.timers.reset();
      }
    });
  }
});
