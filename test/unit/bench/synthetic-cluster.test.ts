import assert from 'node:assert/strict';
import {
  clusterManifest,
  endpointSliceObject,
  frontEnd,
  moreEndpointAddress,
  nodeName,
  restoreText,
  vips,
} from '../../../hack/bench/synthetic-cluster.ts';
import { translateCluster } from '../../../hack/bench/probes/input.ts';
import { formatRealServer, type VirtualServerId } from '../../../src/kernel/ipvs/model.ts';
import { mergeManifests } from '../../../src/source/manifests/merge-manifests.ts';
import { parseManifests } from '../../../src/source/manifests/parse-manifests.ts';

function placeOf(id: VirtualServerId): string {
  assert.ok(id.kind === 'address');
  return formatRealServer(id);
}

const size = { services: 300, endpoints: 3 };

describe('the synthetic cluster of the benchmark', () => {
  const text = JSON.stringify(clusterManifest(size));
  const cluster = mergeManifests([parseManifests(text, 'cluster.json')], nodeName);

  it('is a sound set of manifests', () => {
    assert.deepEqual(cluster.problems, []);
    assert.equal(cluster.services.length, 300);
    assert.equal(cluster.slices.length, 300);
    assert.equal(cluster.node?.name, nodeName);
  });

  it('becomes exactly the table that ipvsadm is given', () => {
    const lines = [...translateCluster(cluster).values()].flatMap(({ virtualServers }) =>
      virtualServers.flatMap(({ virtualServer: { id, settings, realServers } }) => [
        `-A -t ${placeOf(id)} -s ${settings.scheduler}`,
        ...Array.from(
          realServers.values(),
          (real) => `-a -t ${placeOf(id)} -r ${formatRealServer(real)} -m -w ${real.weight}`,
        ),
      ]),
    );
    assert.equal(`${lines.join('\n')}\n`, restoreText(size));
  });

  it('uses no address twice', () => {
    const endpoints = cluster.slices.flatMap((slice) =>
      slice.endpoints.map(({ address }) => address.text),
    );
    const addresses = [...vips(size), ...endpoints];
    assert.equal(addresses.length, 300 * 4);
    assert.equal(new Set(addresses).size, addresses.length);
  });

  it('has endpoints to add that are none of these, each at another address', () => {
    const more = Array.from({ length: 70_000 }, (_, number) => moreEndpointAddress(number));
    assert.equal(new Set(more).size, more.length);
    const endpoints = cluster.slices.flatMap((slice) =>
      slice.endpoints.map(({ address }) => address.text),
    );
    const taken = new Set([...endpoints, ...vips(size)]);
    assert.ok(!more.some((address) => taken.has(address)));
  });

  it('adds them to the slice of a Service behind its own', () => {
    const [before, after] = [
      endpointSliceObject(7, 3),
      endpointSliceObject(7, 3, [moreEndpointAddress(1)]),
    ].map((slice) => JSON.stringify(slice));
    assert.ok(before !== undefined && after !== undefined);
    assert.ok(after.length > before.length && after.includes(moreEndpointAddress(1)));
    assert.equal(JSON.stringify(endpointSliceObject(7, 3)), before);
  });

  it('says where the front end of a Service is', () => {
    const { address, port } = frontEnd(7);
    assert.ok(restoreText(size).includes(`-A -t ${address}:${port} -s rr`));
    assert.equal(address, vips(size)[7]);
  });
});
