import assert from 'node:assert/strict';
import type { Timeouts } from '../../../../src/kernel/ipvs/model.ts';
import { TimeoutFoundation } from '../../../../src/kernel/ipvs/timeout-foundation.ts';

const present: Timeouts = { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 };
const none: Timeouts = { tcpSeconds: 0, tcpFinSeconds: 0, udpSeconds: 0 };

describe('the IPVS timeouts', () => {
  let kernel: Timeouts;
  let written: Timeouts[];
  const client = {
    timeouts: () => Promise.resolve(kernel),
    setTimeouts: (timeouts: Timeouts) => {
      written.push(timeouts);
      return Promise.resolve();
    },
  };

  beforeEach(() => {
    kernel = present;
    written = [];
  });

  it('are left alone where the configuration sets none', async () => {
    await new TimeoutFoundation(client, none).ensure();
    assert.deepEqual(written, []);
  });

  for (const name of ['tcpSeconds', 'tcpFinSeconds', 'udpSeconds'] as const) {
    it(`are written where ${name} alone differs, the others left as they are`, async () => {
      const wanted = { ...none, [name]: 7 };
      await new TimeoutFoundation(client, wanted).ensure();
      assert.deepEqual(written, [wanted]);
    });

    it(`are not written where ${name} is set and as wanted`, async () => {
      await new TimeoutFoundation(client, { ...none, [name]: present[name] }).ensure();
      assert.deepEqual(written, []);
    });
  }

  it('are written again after somebody else has changed them', async () => {
    const foundation = new TimeoutFoundation(client, present);
    await foundation.ensure();
    kernel = { ...present, udpSeconds: 10 };
    await foundation.ensure();
    assert.deepEqual(written, [present]);
  });

  it('follow a change of the configuration at the next audit', async () => {
    const foundation = new TimeoutFoundation(client, none);
    const wanted = { ...none, udpSeconds: 30 };
    foundation.set(wanted);
    assert.deepEqual(written, []);
    await foundation.ensure();
    assert.deepEqual(written, [wanted]);
  });

  it("fail with the kernel's reason", async () => {
    const refusal = new Error('EPERM');
    const foundation = new TimeoutFoundation(
      { ...client, setTimeouts: () => Promise.reject(refusal) },
      { ...none, udpSeconds: 30 },
    );
    await assert.rejects(foundation.ensure(), refusal);
  });
});
