import assert from 'node:assert/strict';
import { formatReport, summarizeAll, type Measurements } from '../../../hack/bench/report.ts';
import { variantTitles, type Measurement } from '../../../hack/bench/variant-names.ts';

function runs(...samples: number[]): Measurement[] {
  return samples.map((ms) => ({ ms, parts: {} }));
}

const measurements: Measurements = {
  ipvsadm: runs(12_000, 11_000, 13_000),
  floor: runs(100, 90.04, 110),
  client: runs(1000, 1200, 900),
  reconciler: [{ ms: 3000, parts: { kernel: 50.25, encode: 120 } }],
  everything: runs(4000),
  program: runs(6000),
};

const bounds = [
  { status: 'required', variant: 'client', kind: 'times as fast as ipvsadm', ratio: 6 },
  { status: 'required', variant: 'reconciler', kind: 'times as fast as ipvsadm', ratio: 8 },
  { status: 'goal', variant: 'everything', kind: 'times the floor at most', ratio: 1.5 },
] as const;

/** The cells of the line that starts with a title. */
function cells(title: string): string[] {
  const line = formatReport(measurements, bounds)
    .split('\n')
    .find((each) => each.startsWith(title));
  assert.ok(line !== undefined, `there is no line '${title}'`);
  return line.slice(title.length).trim().split(/ {2,}/);
}

describe('the report of the benchmark', () => {
  it('has a line for each variant: median, spread, both ratios', () => {
    assert.deepEqual(cells(variantTitles.ipvsadm), ['12000', '11000 - 13000', '1.00', '120.00']);
    assert.deepEqual(cells(variantTitles.floor), ['100', '90.0 - 110', '120.00', '1.00']);
  });

  it('says of each bound whether it was held', () => {
    assert.equal(cells(variantTitles.client).at(-1), '>= 6x ipvsadm: held');
    assert.equal(cells(variantTitles.reconciler).at(-1), '>= 8x ipvsadm: MISSED');
    assert.equal(cells(variantTitles.everything).at(-1), 'goal <= 1.5x floor: not yet');
  });

  it('has the parts of a variant below it', () => {
    const lines = formatReport(measurements, bounds).split('\n');
    const at = lines.findIndex((line) => line.startsWith(variantTitles.reconciler));
    assert.match(lines[at + 1] ?? '', /^ {2}kernel +50\.\d +50\.\d - 50\.\d$/);
    assert.match(lines[at + 2] ?? '', /^ {2}encode +120 +120 - 120$/);
  });

  it('aligns the numbers to the right', () => {
    const lines = formatReport(measurements, bounds).split('\n');
    const ends = [variantTitles.ipvsadm, variantTitles.floor].map((title) => {
      const line = lines.find((each) => each.startsWith(title)) ?? '';
      return (
        line.slice(0, title.length).length +
        (/^\s*\S+/.exec(line.slice(title.length))?.[0].length ?? 0)
      );
    });
    assert.equal(ends[0], ends[1]);
  });

  it('is refused where a variant was not measured', () => {
    assert.throws(() => summarizeAll({ ...measurements, client: [] }), RangeError);
  });
});
