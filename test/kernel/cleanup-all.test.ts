import assert from 'node:assert/strict';
import { cleanUp, runOnce } from '../support/cli.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import { emptyKernel, shell } from '../support/kernel-state.ts';
import { podAddress } from '../support/network.ts';
import { serviceObjects } from '../support/network-services.ts';
import { ownState } from '../support/network-state.ts';
import { hasFilter, packetFilter } from '../support/packet-filter.ts';

/** Of others, in the same tables and on the same link; some with names that look like ours. */
const foreign = `
  for i in ${iptables} ${ip6tables}; do
    for t in mangle nat filter security; do
      $i -t $t -N KIPVS-LIKE; $i -t $t -A OUTPUT -m mark --mark 0x77 -j KIPVS-LIKE
    done
    $i -A INPUT -p tcp --dport 1 -j DROP
    $i -t nat -A POSTROUTING -m mark --mark 0x78 -j MASQUERADE
  done
  ipset create kube-ipvs-like hash:ip; ipset add kube-ipvs-like 192.0.2.1
  ipset create others hash:ip,port; ipset add others 192.0.2.1,tcp:80
  ${iptables} -A FORWARD -m set --match-set others dst,dst -j ACCEPT
  ipvsadm -A -t 192.0.2.1:80 -s wrr; ipvsadm -a -t 192.0.2.1:80 -r 192.0.2.2:80 -m
  ipvsadm -A -u [2001:db8::1]:53 -s rr
  ip link add others0 type dummy; ip addr add 192.0.2.1/32 dev others0`;

const removeAll = `
  for i in ${iptables} ${ip6tables}; do for t in mangle nat filter security; do
    $i -t $t -F; $i -t $t -X; done; done
  ipset destroy
  ip link delete others0`;

describe('cleanup', () => {
  let folder: TestFolder;
  let once: () => Promise<void>;

  before(async () => {
    folder = new TestFolder();
    folder.write('web.json', objects);
    once = async () => {
      const { code, log } = await runOnce({ manifests: folder.manifests, nodeName: 'node-a' });
      assert.equal(code, 0, log.messages('error').join('\n'));
    };
    // Rules of ours from the tests before would not be there before the first start.
    await emptyKernel();
    await cleanedUp();
    await shell(foreign);
  });
  after(async () => {
    folder.delete();
    await emptyKernel();
    await shell(removeAll);
  });

  it('leaves everything as it was before the first start', async () => {
    const state = await ownState();
    assert.ok(!hasFilter(packetFilter, state));
    await once();
    const running = await ownState();
    assert.ok(hasFilter(packetFilter, running));
    for (const part of ['10.96.0.1:80', 'kube-ipvs0']) {
      assert.ok(running.includes(part), `${part} was there`);
    }
    await cleanedUp();
    assert.equal(await ownState(), state);
  });

  it('changes nothing where nothing of ours is', async () => {
    const state = await ownState();
    await cleanedUp();
    assert.equal(await ownState(), state);
  });

  async function cleanedUp(): Promise<void> {
    const { code, log } = await cleanUp({ dryRun: false });
    assert.equal(code, 0, log.messages('error').join('\n'));
  }
});

const objects = serviceObjects({
  name: 'web',
  number: 1,
  endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
  spec: { loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:5::/64'] },
});
