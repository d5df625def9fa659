import assert from 'node:assert/strict';
import {
  countKubeProxyRules,
  countOwnRules,
  type CountsOfFrontEnds,
} from '../../hack/bench/data-path/count-rules.ts';
import { minusCounts, type Counts } from '../../hack/bench/data-path/counting-rules.ts';
import { frontEnds } from '../../hack/bench/data-path/front-ends.ts';
import { formatTable } from '../../src/cli/text-table.ts';
import { loadGoldenCases } from '../support/golden.ts';

/** What one connection over TCP, with a question and its answer, passes on its node. */
interface Passed {
  readonly first: Counts;
  /** All packets but the first. */
  readonly later: Counts;
}

describe('what packets pass with each packet filter', function () {
  this.timeout(600_000);
  let nftables: CountsOfFrontEnds;
  let iptables: CountsOfFrontEnds;
  let kubeProxy: CountsOfFrontEnds;

  before(async () => {
    nftables = await countOwnRules(1, 'nftables');
    iptables = await countOwnRules(1, 'iptables');
    kubeProxy = await countKubeProxyRules(1);
    console.log(table({ nftables, iptables, 'kube-proxy': kubeProxy }));
  });

  for (const { name } of frontEnds) {
    it(`is less with nftables than with iptables: ${name}`, () => {
      const [less, more] = [passed(nftables, name), passed(iptables, name)];
      assert.ok(less && more);
      assert.ok(less.first.rules > 0 && less.first.rules < more.first.rules);
      assert.ok(less.first.lookUps > 0 && less.first.lookUps < more.first.lookUps);
      assert.deepEqual(less.later, { rules: 0, lookUps: 0 });
      assert.ok(more.later.rules > 0 && more.later.lookUps > 0);
    });
  }

  it("is less with nftables than with kube-proxy's rules of the golden cases", function () {
    if (loadGoldenCases() === undefined) {
      this.skip();
    }
    const compared = frontEnds.filter(({ goldenCase }) => goldenCase !== undefined);
    for (const { name } of compared) {
      const [less, more] = [passed(nftables, name), passed(kubeProxy, name)];
      assert.ok(less && more, name);
      assert.ok(less.first.rules < more.first.rules, name);
      assert.ok(less.first.lookUps < more.first.lookUps, name);
      assert.ok(more.later.rules > 0, name);
    }
  });
});

function passed(counts: CountsOfFrontEnds, name: string): Passed | undefined {
  const [sample] = counts.get(name) ?? [];
  return sample && { first: sample.first, later: minusCounts(sample.all, sample.first) };
}

/** Rules that packets were compared with, and looks into sets. */
function table(all: Readonly<Record<string, CountsOfFrontEnds>>): string {
  const text = (counts: Counts): string => `${counts.rules} / ${counts.lookUps}`;
  return formatTable([
    ['rules / looks into sets', 'with', 'first packet', 'later ones'],
    ...frontEnds.flatMap(({ name }) =>
      Object.entries(all).flatMap(([filter, counts]) => {
        const found = passed(counts, name);
        return found ? [[name, filter, text(found.first), text(found.later)]] : [];
      }),
    ),
  ]);
}
