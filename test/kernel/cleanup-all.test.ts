import assert from 'node:assert/strict';
import { inHost, podAddress } from '../support/network.ts';
import { runOnNode } from '../support/network-program.ts';
import { serviceObjects } from '../support/network-services.ts';
import { stateOf } from '../support/network-state.ts';
import { NetworkWorld } from '../support/network-world.ts';

/** Of others, in the same tables and on the same link; some with names that look like ours. */
const foreign = `
  for i in iptables-legacy ip6tables-legacy; do
    for t in mangle nat filter; do
      $i -t $t -N KIPVS-LIKE; $i -t $t -A OUTPUT -m mark --mark 0x77 -j KIPVS-LIKE
    done
    $i -A INPUT -p tcp --dport 1 -j DROP
    $i -t nat -A POSTROUTING -m mark --mark 0x78 -j MASQUERADE
  done
  ipset create kube-ipvs-like hash:ip; ipset add kube-ipvs-like 192.0.2.1
  ipset create others hash:ip,port; ipset add others 192.0.2.1,tcp:80
  iptables-legacy -A FORWARD -m set --match-set others dst,dst -j ACCEPT
  ipvsadm -A -t 192.0.2.1:80 -s wrr; ipvsadm -a -t 192.0.2.1:80 -r 192.0.2.2:80 -m
  ipvsadm -A -u [2001:db8::1]:53 -s rr
  ip link add others0 type dummy; ip addr add 192.0.2.1/32 dev others0`;

describe('cleanup', function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({ objects, nodes: [], agents: {} });
    await inHost('node-a', foreign);
  });
  after(() => world.remove());

  it('leaves everything as it was before the first start', async () => {
    const state = await stateOf('node-a');
    const program = await world.startProgram('node-a');
    await program.stop();
    const running = await stateOf('node-a');
    for (const part of ['KIPVS-INPUT', 'kube-ipvs-vip-6', '10.96.0.1:80', 'kube-ipvs0']) {
      assert.ok(running.includes(part), `${part} was there`);
    }
    await runOnNode('node-a', ['cleanup']);
    assert.equal(await stateOf('node-a'), state);
  });

  it('leaves an address of others on the VIP link, and the link for it', async () => {
    const program = await world.startProgram('node-a');
    await program.stop();
    await inHost('node-a', 'ip addr add 192.0.2.9/32 dev kube-ipvs0');
    await runOnNode('node-a', ['cleanup']);
    const addresses = await inHost('node-a', 'ip -o addr show dev kube-ipvs0');
    assert.match(addresses, /^\d+: kube-ipvs0 +inet 192\.0\.2\.9\/32/);
    assert.equal(addresses.trim().split('\n').length, 1);
    await inHost('node-a', 'ip link delete kube-ipvs0');
  });

  it('changes nothing where nothing of ours is', async () => {
    const state = await stateOf('node-a');
    await runOnNode('node-a', ['cleanup']);
    assert.equal(await stateOf('node-a'), state);
  });
});

const objects = serviceObjects({
  name: 'web',
  number: 1,
  endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
  spec: { loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:5::/64'] },
});
