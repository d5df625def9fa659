import assert from 'node:assert/strict';
import { requiredSysctls } from '../../../../src/kernel/sysctl/settings.ts';

/** `net/ipv4/vs/conntrack=1` */
function required(strictArp = false, kernelRelease = '6.1.176'): string[] {
  return requiredSysctls({ strictArp, kernelRelease }).map(({ path, value }) => `${path}=${value}`);
}

const always = [
  'net/ipv4/vs/conntrack=1',
  'net/ipv4/vs/expire_nodest_conn=1',
  'net/ipv4/vs/expire_quiescent_template=1',
  'net/ipv4/ip_forward=1',
];

describe('the kernel settings that IPVS needs', () => {
  it('are these, each with its reason', () => {
    assert.deepEqual(required(), always);
    for (const { why } of requiredSysctls({ strictArp: true, kernelRelease: '4.19.0' })) {
      assert.ok(why.length > 20);
    }
  });

  it('include those of ARP with strictARP only', () => {
    assert.deepEqual(required(true), [
      ...always,
      'net/ipv4/conf/all/arp_ignore=1',
      'net/ipv4/conf/all/arp_announce=2',
    ]);
  });

  for (const release of ['4.19.0-26-amd64', '5.4.0', '5.8', '5.8.18+']) {
    it(`include conn_reuse_mode on Linux ${release}`, () => {
      assert.ok(required(false, release).includes('net/ipv4/vs/conn_reuse_mode=0'));
    });
  }

  for (const release of ['5.9.0', '5.9-rc1', '5.10.0-34-cloud-amd64', '6.1.176', '10.0.1']) {
    it(`leave conn_reuse_mode alone on Linux ${release}`, () => {
      assert.deepEqual(required(false, release), always);
    });
  }
});
