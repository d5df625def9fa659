import assert from 'node:assert/strict';
import { rpFilter } from '../../../../src/doctor/checks/rp-filter.ts';
import {
  address,
  findingsOf,
  kindsFound,
  link,
  network,
  sysctlsWith,
} from '../../../support/doctor-readers.ts';

const one = network(
  [link(2, 'eth0'), link(4, 'cni0', 'bridge')],
  [address(2, '192.0.2.10'), address(4, '10.244.1.1')],
);
const two = network(
  [link(2, 'eth0'), link(3, 'eth1.100', 'vlan')],
  [address(2, '192.0.2.10'), address(3, '198.51.100.10')],
);
const modes = (all: string, eth0: string, other: string) =>
  sysctlsWith({
    'net/ipv4/conf/all/rp_filter': all,
    'net/ipv4/conf/eth0/rp_filter': eth0,
    'net/ipv4/conf/cni0/rp_filter': other,
    'net/ipv4/conf/eth1.100/rp_filter': other,
  });

describe('doctor: rp-filter', () => {
  it('is content with loose mode, which goes before strict mode of all', async () => {
    assert.deepEqual(await kindsFound(rpFilter, { ...two, ...modes('2', '1', '1') }), ['ok']);
    assert.deepEqual(await kindsFound(rpFilter, { ...two, ...modes('1', '2', '2') }), ['ok']);
  });

  it('only notes strict mode where there is one network', async () => {
    assert.deepEqual(await kindsFound(rpFilter, { ...one, ...modes('1', '0', '0') }), ['strict']);
  });

  it('warns of a link in strict mode beside another one, with a command for its name', async () => {
    const [finding] = await findingsOf(rpFilter, { ...two, ...modes('0', '0', '1') });
    assert.equal(finding?.kind, 'strict-with-several-links');
    assert.equal(finding.command, 'sysctl -w net/ipv4/conf/eth1.100/rp_filter=2');
  });
});
