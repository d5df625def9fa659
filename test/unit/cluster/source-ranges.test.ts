import assert from 'node:assert/strict';
import { parseService } from '../../../src/cluster/parse-service.ts';
import { formatProblem } from '../../../src/base/problem.ts';
import { rawService } from '../../support/manifests.ts';

function read(loadBalancerSourceRanges: unknown) {
  const { value, problems } = parseService(rawService('web', { loadBalancerSourceRanges }));
  return {
    ranges: value?.loadBalancerSourceRanges?.map(String),
    problems: problems.map(formatProblem),
  };
}

describe('the source ranges of a Service', () => {
  it('are read in their order, with bits beyond the prefix as zeros', () => {
    assert.deepEqual(read(['10.1.2.3/8', ' 2001:db8::/32 ']), {
      ranges: ['10.0.0.0/8', '2001:db8::/32'],
      problems: [],
    });
  });

  it('are no limit where there are none', () => {
    for (const given of [undefined, null, []]) {
      assert.equal(read(given).ranges, undefined);
    }
  });

  it('are left out one by one where they cannot be read', () => {
    const { ranges, problems } = read(['10.0.0.0/8', '10.0.0.1', 'everybody\n-j ACCEPT']);
    assert.deepEqual(ranges, ['10.0.0.0/8']);
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? '', /loadBalancerSourceRanges.*must be a CIDR such as/s);
  });

  it('let nobody through where none of them can be read', () => {
    assert.deepEqual(read(['10.0.0.1']).ranges, []);
  });
});
