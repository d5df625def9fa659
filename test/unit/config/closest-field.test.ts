import assert from 'node:assert/strict';
import { closestField } from '../../../src/config/closest-field.ts';

describe('the field that was meant', () => {
  const known = ['mode', 'ipvs.scheduler', 'ipvs.udpTimeout', 'conntrack.udpTimeout', 'conntrack'];
  for (const [unknown, meant] of [
    ['ipvs.Scheduler', 'ipvs.scheduler'],
    ['scheduler', 'ipvs.scheduler'],
    ['conntrack.udptimeout', 'conntrack.udpTimeout'],
    ['ipvs.udpTimout', 'ipvs.udpTimeout'],
    ['conntrak', 'conntrack'],
    ['modus', undefined],
    ['x', undefined],
    ['something.else', undefined],
  ] as const) {
    it(`by ${unknown} is ${meant ?? 'nobody knows which'}`, () => {
      assert.equal(closestField(unknown, known), meant);
    });
  }
});
