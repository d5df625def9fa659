import assert from 'node:assert/strict';
import { parseModules, stateOfModule } from '../../../../src/doctor/readers/modules.ts';

const loaded = 'ip_vs_rr 16384 1 - Live 0x0\nip_vs 217088 2 ip_vs_rr, Live 0x0\n';
const builtIn = 'kernel/net/netfilter/nf_tables.ko\nkernel/net/ipv4/netfilter/ip_tables.ko\n';
const dependencies =
  'kernel/net/netfilter/ipvs/ip_vs_wlc.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\nkernel/net/netfilter/xt-mark.ko:\n';

const configuration = [
  '# install ip_vs_wlc /bin/false\nblacklist ip_vs_wlc\ninstall ip_vs /bin/true\n',
  'options x y=1\n  install  ip-vs-sed\t/usr/bin/false # hardening\ninstall xt_mark /sbin/modprobe -i xt_mark\n',
];

describe('modules of the kernel', () => {
  const all = parseModules({ loaded, builtIn, dependencies, configuration });

  it('are present when loaded or built in', () => {
    assert.equal(stateOfModule(all, 'ip_vs'), 'present');
    assert.equal(stateOfModule(all, 'nf_tables'), 'present');
  });

  it('are loadable when there is a file, compressed or not', () => {
    assert.equal(stateOfModule(all, 'ip_vs_wlc'), 'loadable');
    assert.equal(stateOfModule(all, 'xt_mark'), 'loadable');
  });

  it('are blocked by what modprobe is told to run instead, unless they are loaded', () => {
    assert.equal(stateOfModule(all, 'ip_vs_sed'), 'blocked');
    assert.equal(stateOfModule(all, 'ip_vs'), 'present');
  });

  it('are missing where all files are to be seen, and unknown where none is', () => {
    assert.equal(stateOfModule(all, 'ip_vs_mh'), 'missing');
    const hidden = parseModules({
      loaded,
      builtIn: undefined,
      dependencies: undefined,
      configuration: [],
    });
    assert.equal(stateOfModule(hidden, 'ip_vs_mh'), 'unknown');
    assert.equal(stateOfModule(hidden, 'ip_vs'), 'present');
  });
});
