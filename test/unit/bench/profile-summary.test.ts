import assert from 'node:assert/strict';
import { longestFunctions, type CpuProfile } from '../../../hack/bench/profile-summary.ts';

function node(id: number, functionName: string, lineNumber: number, url = '/x/bench.js') {
  return { id, callFrame: { functionName, url, lineNumber } };
}

const bundle = ['var a;', '// src/a.ts', 'function f() {}', '// node_modules/b.js', 'x'].join('\n');
const profile: CpuProfile = {
  nodes: [
    node(1, 'f', 2),
    node(2, 'f', 2),
    node(3, 'g', 4),
    node(4, '(program)', -1, ''),
    node(5, '', 0),
    node(6, 'read', 7, 'node:fs'),
  ],
  samples: [1, 2, 3, 4, 5, 6],
  timeDeltas: [1000, 2000, 500, 10_000, 400, 300],
};

describe('the summary of a profile', () => {
  it('adds up the time in each function itself, the longest first, with its file', () => {
    assert.deepEqual(longestFunctions(profile, bundle, 10), [
      { name: '(program)', ms: 10 },
      { name: 'f  src/a.ts', ms: 3 },
      { name: 'g  node_modules/b.js', ms: 0.5 },
      { name: '(anonymous)', ms: 0.4 },
      { name: 'read  node:fs', ms: 0.3 },
    ]);
  });

  it('shows no more than are asked for', () => {
    assert.equal(longestFunctions(profile, bundle, 2).length, 2);
  });
});
