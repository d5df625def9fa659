import assert from 'node:assert/strict';
import type { OthersAt } from '../../../src/kernel/captured/release-captured.ts';
import { ReleaseWhileListing } from '../../../src/app/release-while-listing.ts';
import { ClusterStore } from '../../../src/cluster/store.ts';
import { cidr, ip } from '../../support/cluster-objects.ts';

const configured = { address: ip('192.0.2.1'), port: 6443, isConfigured: true };
const inPod = { address: ip('10.96.0.1'), port: 443, isConfigured: false };

/** A kernel that has these addresses bound. */
function world(bound: readonly string[], protectedRanges: readonly string[] = []) {
  const store = new ClusterStore();
  const lines: string[] = [];
  let asked = 0;
  const note = (message: string): void => {
    lines.push(message);
  };
  const work = () =>
    new ReleaseWhileListing({
      store,
      protectedRanges: protectedRanges.map(cidr),
      release: (othersAt: OthersAt) => {
        asked += 1;
        return Promise.resolve(bound.map(ip).filter((address) => othersAt(address) !== undefined));
      },
      listener: { info: note, error: note },
    });
  return { store, lines, work, asked: () => asked };
}

describe('while the first list is waited for', () => {
  it('an address that the kubeconfig names is given up, as soon as it is known', async () => {
    const { store, lines, work } = world(['192.0.2.1', '10.96.0.1']);
    const release = work();
    store.setApiServers([configured]);
    await release.end();
    assert.deepEqual(lines, [
      'unbound 192.0.2.1, which a Service had taken on this node: it is an address of the API server',
    ]);
  });

  it('one that the environment of the Pod names stays, for it is a cluster IP', async () => {
    const { store, lines, work, asked } = world(['10.96.0.1']);
    const release = work();
    store.setApiServers([inPod]);
    await release.end();
    assert.deepEqual([lines, asked()], [[], 0]);
    const protectedToo = world(['10.96.0.1'], ['10.96.0.0/12']);
    protectedToo.store.setApiServers([inPod]);
    await protectedToo.work().end();
    assert.deepEqual(protectedToo.lines, []);
  });

  it('one in a protected range is given up', async () => {
    const { lines, work } = world(['203.0.113.1', '10.96.0.1'], ['203.0.113.0/24']);
    await work().end();
    assert.deepEqual(lines, [
      'unbound 203.0.113.1, which a Service had taken on this node: it is in kubeIpvs.protectedCIDRs',
    ]);
  });

  it('the kernel is not read for nothing, nor after the list', async () => {
    const { store, work, asked } = world(['192.0.2.1']);
    const release = work();
    await release.end();
    store.setApiServers([configured]);
    await release.end();
    assert.equal(asked(), 0);
  });
});
