import assert from 'node:assert/strict';
import { ProxyHealth } from '../../../src/health/proxy-health.ts';

function setUp() {
  const clock = { nowMs: 1000 };
  return { clock, health: new ProxyHealth(30_000, () => clock.nowMs) };
}

describe('the health of the proxy', () => {
  it('is bad before the kernel was brought in order for the first time', () => {
    assert.equal(setUp().health.healthy, false);
  });

  it('is good after that, for two periods of the audit', () => {
    const { clock, health } = setUp();
    health.synced();
    assert.equal(health.healthy, true);
    clock.nowMs += 60_000;
    assert.equal(health.healthy, true);
    clock.nowMs += 1;
    assert.equal(health.healthy, false);
  });

  it('is good again when the kernel is in order again', () => {
    const { clock, health } = setUp();
    health.synced();
    clock.nowMs += 600_000;
    health.synced();
    assert.equal(health.healthy, true);
  });
});
