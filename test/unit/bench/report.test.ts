import assert from 'node:assert/strict';
import type { Figure } from '../../../hack/bench/figure.ts';
import {
  formatBoundTable,
  formatSection,
  formatTally,
  missedBounds,
  type Section,
} from '../../../hack/bench/report.ts';

const atMost = { sense: 'at most', limit: 1.5, status: 'required' } as const;

const figures: readonly Figure[] = [
  { name: 'ipvsadm --restore', unit: 'ms', samples: [12_000, 11_000, 13_000] },
  {
    name: 'IPVS alone',
    unit: 'ms',
    samples: [100, 90.04, 110],
    below: [
      { name: 'against floor', unit: 'times', samples: [1, 1.1, 1.2], bound: atMost },
      { name: 'kernel', unit: 'ms', samples: [9.999, 50.25, 75] },
    ],
  },
  {
    name: 'everything',
    unit: 'ms',
    samples: [300, 400, 500],
    bound: { ...atMost, limit: 200, quickLimit: 1000 },
  },
  {
    name: 'burst',
    unit: 'times',
    samples: [31.25],
    bound: { ...atMost, limit: 3, status: 'goal' },
  },
  {
    name: 'messages',
    unit: 'count',
    samples: [1, 1, 1],
    bound: { sense: 'exactly', limit: 1, status: 'required' },
  },
];
const section: Section = { title: 'first sync', notes: ['what it includes'], figures };

/** The cells of the line of a figure. */
function cells(name: string, strictness: 'full' | 'quick' = 'full'): string[] {
  const line = formatSection(section, strictness)
    .split('\n')
    .find((each) => each.trimStart().startsWith(name));
  assert.ok(line !== undefined, `there is no line '${name}'`);
  return line.trimStart().slice(name.length).trim().split(/ {2,}/);
}

describe('the report of the benchmark', () => {
  it('tells of each figure the median and the spread, with three digits that count', () => {
    assert.deepEqual(cells('ipvsadm --restore'), ['12000 ms', '11000 - 13000']);
    assert.deepEqual(cells('IPVS alone'), ['100 ms', '90.0 - 110']);
    assert.deepEqual(cells('kernel'), ['50.3 ms', '10.00 - 75.0']);
  });

  it('tells no spread where there is none', () => {
    assert.deepEqual(cells('messages'), ['1', '= 1: held']);
  });

  it('says of each bound whether it was held', () => {
    assert.equal(cells('against floor').at(-1), '<= 1.5x: held');
    assert.equal(cells('everything').at(-1), '<= 200 ms: MISSED');
    assert.equal(cells('burst').at(-1), 'goal <= 3x: not yet');
  });

  it('says of a small table which bounds were not judged', () => {
    assert.equal(cells('everything', 'quick').at(-1), '<= 1000 ms: held');
    assert.equal(cells('burst', 'quick').at(-1), '<= 3x: not judged');
  });

  it('has the parts of a figure below it, set in', () => {
    const lines = formatSection(section, 'full').split('\n');
    const at = lines.findIndex((line) => line.startsWith('IPVS alone'));
    assert.match(lines[at + 1] ?? '', /^ {2}against floor +1\.10x +1\.00 - 1\.20/);
    assert.match(lines[at + 2] ?? '', /^ {2}kernel /);
  });

  it('starts with the title and what is included', () => {
    assert.deepEqual(formatSection(section, 'full').split('\n').slice(0, 2), [
      '== first sync',
      '  what it includes',
    ]);
  });

  it('aligns the medians to the right', () => {
    const lines = formatSection(section, 'full').split('\n');
    const ends = [/^ipvsadm.*? ms/, /^everything.*? ms/, /^messages +1/].map((pattern) => {
      const found = lines.map((line) => pattern.exec(line)?.[0]).find((text) => text !== undefined);
      return found?.length;
    });
    assert.deepEqual(ends, [ends[0], ends[0], ends[0]]);
  });

  it('names each required bound that is missed, with what was measured', () => {
    assert.deepEqual(missedBounds([section], 'full'), [
      'first sync: everything is 400 ms, the bound is <= 200 ms',
    ]);
    assert.deepEqual(missedBounds([section], 'quick'), []);
  });

  it('counts the bounds', () => {
    assert.equal(formatTally([section], 'full'), '4 bounds: 2 held, 1 missed, 1 not yet');
    assert.equal(formatTally([{ ...section, figures: [] }], 'full'), '0 bounds');
  });

  it('is refused where a figure was not measured', () => {
    const empty: Section = { ...section, figures: [{ name: 'x', unit: 'ms', samples: [] }] };
    assert.throws(() => formatSection(empty, 'full'), RangeError);
  });
});

describe('the table of bounds', () => {
  it('has a row for each figure with a bound, below which figure it stands, and no other', () => {
    const titled = { ...section, title: 'first sync: 1000 Services' };
    const rows = formatBoundTable([titled], 'full').trim().split('\n');
    assert.deepEqual(rows.slice(0, 4), [
      '| figure | median | bound |',
      '| --- | --- | --- |',
      '| first sync: IPVS alone, against floor | 1.10x | <= 1.5x: held |',
      '| first sync: everything | 400 ms | <= 200 ms: missed |',
    ]);
    assert.equal(rows.length, 6);
  });
});
