import assert from 'node:assert/strict';
import { clock } from '../../../../src/doctor/checks/clock.ts';
import {
  apiDown,
  apiNotAsked,
  apiWith,
  findingsOf,
  kindsFound,
} from '../../../support/doctor-readers.ts';

/** Our clock is at 1,000,500 ms, in the middle of the second 1000. */
const behind = (seconds: number) => apiWith({ serverTimeMs: 1_000_000 + seconds * 1000 });

describe('doctor: clock', () => {
  it('is content within seconds', async () => {
    assert.deepEqual(await kindsFound(clock, behind(0)), ['ok']);
    assert.deepEqual(await kindsFound(clock, behind(-4)), ['ok']);
  });

  it('warns of drift, and minds a clock that makes certificates invalid', async () => {
    const [finding] = await findingsOf(clock, behind(30));
    assert.equal(finding?.kind, 'drifts');
    assert.match(finding.seen, /30 s behind the API server/);
    assert.deepEqual(await kindsFound(clock, behind(-3600)), ['wrong']);
  });

  it('says that nobody was asked', async () => {
    assert.deepEqual(await kindsFound(clock, apiNotAsked), ['not-asked']);
    assert.deepEqual(await kindsFound(clock, apiDown), ['not-asked']);
  });
});
