import assert from 'node:assert/strict';
import {
  clusterManifest,
  nodeName,
  restoreText,
  vips,
} from '../../../hack/bench/synthetic-cluster.ts';
import { translateCluster } from '../../../hack/bench/variants/input.ts';
import { formatEndpoint } from '../../../src/net/ip-address.ts';
import { mergeManifests } from '../../../src/source/manifests/merge-manifests.ts';
import { parseManifests } from '../../../src/source/manifests/parse-manifests.ts';

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
      virtualServers.flatMap(({ address, port, scheduler, realServers }) => [
        `-A -t ${formatEndpoint(address, port)} -s ${scheduler}`,
        ...Array.from(
          realServers.values(),
          (real) =>
            `-a -t ${formatEndpoint(address, port)} ` +
            `-r ${formatEndpoint(real.address, real.port)} -m -w ${real.weight}`,
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
});
