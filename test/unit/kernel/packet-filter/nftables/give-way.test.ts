import assert from 'node:assert/strict';
import { describeCalls } from '../../../../../src/kernel/packet-filter/nftables/give-way.ts';

describe('what is told of our table before its chains are taken out for a kube-proxy', () => {
  it('is each chain that the kernel calls, and that one of them keeps a rule', () => {
    const called = ['nat-prerouting', 'nat-output', 'nat-postrouting'];
    assert.deepEqual(describeCalls({ header: { flags: 0 }, called }), [
      'delete chain nat-prerouting of table inet kube-ipvs (nftables)',
      'delete chain nat-output of table inet kube-ipvs (nftables)',
      'empty chain nat-postrouting of table inet kube-ipvs (nftables), but for the masquerade of what leaves with a VIP',
    ]);
  });
});
