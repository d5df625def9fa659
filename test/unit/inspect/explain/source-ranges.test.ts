import assert from 'node:assert/strict';
import { assertSays, explained, node, outside, web, worldOf } from '../../../support/explained.ts';

const loadBalancerIp = '203.0.113.80:80';
const nodePort = `${node}:30080`;

describe('what is explained of source ranges', () => {
  const ranges = { loadBalancerSourceRanges: ['203.0.113.0/24', '10.244.0.0/16'] };
  const world = worldOf(web(ranges));

  it('is that who is in none is dropped', () => {
    const explanation = explained(world, '198.51.100.200', loadBalancerIp);
    assert.equal(explanation.verdict, 'dropped');
    assertSays(
      explanation,
      'dropped: 198.51.100.200 is in no source range (203.0.113.0/24, 10.244.0.0/16); nobody is told, the sender waits for a time-out',
    );
  });

  it('is that who is in one is let through', () => {
    const explanation = explained(world, outside, loadBalancerIp);
    assert.equal(explanation.verdict, 'forwarded');
    assertSays(
      explanation,
      'let through: 203.0.113.9 is in a source range (203.0.113.0/24, 10.244.0.0/16)',
    );
  });

  it('is that the node gets through where a range has an address of it, or the VIP', () => {
    const own = worldOf(web({ loadBalancerSourceRanges: [`${node}/32`] }));
    assert.equal(explained(own, 'node', loadBalancerIp).verdict, 'forwarded');
    assert.equal(explained(world, 'node', loadBalancerIp).verdict, 'forwarded');
    const others = worldOf(web({ loadBalancerSourceRanges: ['203.0.113.0/28'] }));
    assert.equal(explained(others, 'node', loadBalancerIp).verdict, 'dropped');
  });

  it('is that everybody is let through by 0.0.0.0/0', () => {
    const all = worldOf(web({ loadBalancerSourceRanges: ['0.0.0.0/0'] }));
    assert.equal(explained(all, '198.51.100.200', loadBalancerIp).verdict, 'forwarded');
  });

  it('is that they hold for some, where no single sender is named', () => {
    assertSays(
      explained(world, 'outside', loadBalancerIp),
      'only sources in 203.0.113.0/24, 10.244.0.0/16 are let through, and it is taken for one; all others are dropped',
    );
    const otherFamily = worldOf(web({ loadBalancerSourceRanges: ['2001:db8::/64'] }));
    assert.equal(explained(otherFamily, 'outside', loadBalancerIp).verdict, 'dropped');
  });

  it('is that they do not guard other front ends', () => {
    assert.equal(explained(world, '198.51.100.200', nodePort).verdict, 'forwarded');
  });

  it('is that SCTP without endpoints is refused before they are looked at, with iptables alone', () => {
    const ports = ['TCP', 'SCTP'].map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: 80,
    }));
    const objects = web({ ...ranges, ports }, { endpoints: [] });
    const verdicts = (['iptables', 'nftables'] as const).map((packetFilter) =>
      ['sctp', 'tcp'].map((protocol) => {
        const world = worldOf(objects, { packetFilter });
        return explained(world, '198.51.100.200', `${loadBalancerIp}/${protocol}`).verdict;
      }),
    );
    assert.deepEqual(verdicts, [
      ['refused', 'dropped'],
      ['dropped', 'dropped'],
    ]);
  });
});
