import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EndpointSlice, Service } from '../../../src/cluster/objects.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import { translateService } from '../../../src/translate/translate-service.ts';
import { arbitraryService, arbitrarySlice } from '../../support/arbitrary-cluster.ts';
import { endpoint, service, slice } from '../../support/cluster-objects.ts';
import { nodeAt } from '../../support/translation.ts';

const settings = {
  scheduler: 'rr',
  drainTimeoutMs: undefined,
  externalIPs: undefined,
  loadBalancerIPs: undefined,
  protectedRanges: [],
} as const;

const translate = (
  of: Service,
  slices: readonly EndpointSlice[],
  before?: Translation,
): Translation => translateService(of, slices, nodeAt, settings, before);

const web = service();
const pods = [endpoint('10.244.1.1'), endpoint('10.244.1.2')];

describe('a translation beside the one before', () => {
  it('says the same as one for itself, whatever was before', () => {
    const slices = fc.array(arbitrarySlice, { maxLength: 3 });
    fc.assert(
      fc.property(
        arbitraryService,
        slices,
        arbitraryService,
        slices,
        (earlier, earlierSlices, of, now) => {
          const before = translate(earlier, earlierSlices);
          const alone = translate(of, now);
          const beside = translate(of, now, before);
          assert.deepEqual(withSortedRealServers(beside), withSortedRealServers(alone));
        },
      ),
    );
  });

  it('consists of the same objects where nothing has changed', () => {
    fc.assert(
      fc.property(arbitraryService, fc.array(arbitrarySlice, { maxLength: 3 }), (of, slices) => {
        const before = translate(of, slices);
        const after = translate(of, slices, before);
        assert.equal(after.boundAddresses, before.boundAddresses);
        assert.equal(after.members, before.members);
        after.virtualServers.forEach((row, index) => {
          assert.equal(row, before.virtualServers[index]);
        });
      }),
    );
  });

  it('keeps the real servers that stay when one comes', () => {
    const before = translate(web, [slice(pods)]);
    const after = translate(web, [slice([...pods, endpoint('10.244.1.3')])], before);
    const [row, rowBefore] = [after.virtualServers[0], before.virtualServers[0]];
    assert.ok(row !== undefined && rowBefore !== undefined);
    assert.notEqual(row, rowBefore);
    assert.equal(row.realServers.size, 3);
    rowBefore.realServers.forEach((realServer, key) => {
      assert.equal(row.realServers.get(key), realServer);
    });
  });

  for (const [what, endpoints] of [
    ['twice', [...pods, ...pods]],
    ['in another order', pods.toReversed()],
  ] as const) {
    it(`has each endpoint once where the slice has them ${what}`, () => {
      const before = translate(web, [slice(pods)]);
      const after = translate(web, [slice(endpoints)], before);
      assert.deepEqual([...(after.virtualServers[0]?.realServers.keys() ?? [])].toSorted(), [
        '10.244.1.1:8080',
        '10.244.1.2:8080',
      ]);
    });
  }
});

/** The order of real servers is that of the translation in which they came. */
function withSortedRealServers(translation: Translation): unknown {
  return {
    ...translation,
    virtualServers: translation.virtualServers.map((row) => ({
      ...row,
      realServers: [...row.realServers].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    })),
  };
}
