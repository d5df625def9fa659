import assert from 'node:assert/strict';
import { scaleSection, type SizeReadings } from '../../../hack/bench/figures/scale.ts';

/** A cluster whose parts cost so many microseconds each. */
function readings(services: number, each: { ipvs: number; address: number }): SizeReadings {
  const size = { services, endpoints: 5 };
  const ms = (us: number, count: number) => (us * count) / 1000;
  const floor = {
    'virtual and real servers': ms(each.ipvs, 6 * services),
    addresses: ms(each.address, services),
    'set entries': ms(1, 2 * services),
  };
  const everything = {
    ms: ms(10, 6 * services),
    'read and parse': ms(20, 6 * services),
    translate: ms(5, 6 * services),
  };
  const parts = {
    ms: ms(10, 6 * services),
    'sets: kernel': ms(1, 6 * services),
    'IPVS: kernel': ms(2, 6 * services),
    'addresses: kernel': ms(3, 6 * services),
  };
  return { size, floor: [floor], everything: [everything], parts: [parts] };
}

describe('the cost of a far larger cluster', () => {
  const section = scaleSection(
    readings(5000, { ipvs: 2, address: 40 }),
    readings(10_000, { ipvs: 2, address: 80 }),
    { ms: 21_000 },
  );
  const total = section.figures.find(({ name }) => name.endsWith('in all'));
  const seconds = (total?.below ?? []).map(({ samples }) => samples[0]?.toFixed(3));

  it('follows the slope of what costs more the more there are', () => {
    // 550,000 servers at 2 us; 50,000 addresses at 400 us.
    assert.deepEqual(seconds.slice(0, 2), ['1.100', '20.000']);
  });

  it('takes the rest to cost the same for each', () => {
    // 100,000 entries at 1 us; 550,000 servers at 10 us less 6 in the kernel, and at 25 before.
    assert.deepEqual(seconds.slice(2), ['0.100', '2.200', '13.750']);
  });

  it('is the sum of its terms', () => {
    assert.equal(total?.samples[0]?.toFixed(3), '37.150');
  });

  it('stands beside what was measured', () => {
    assert.deepEqual(section.figures.at(-1)?.samples, [21]);
  });
});
