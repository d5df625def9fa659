import assert from 'node:assert/strict';
import { capabilities } from '../../../../src/doctor/checks/capabilities.ts';
import type { NodeReaders } from '../../../../src/doctor/readers.ts';
import {
  filesWith,
  kindsFound,
  modulesBut,
  settingsWith,
  wellNode,
} from '../../../support/doctor-readers.ts';

const withBits = (bits: string) =>
  filesWith({ '/proc/self/status': `CapEff:\t${bits}\n`, '/proc/self/oom_score_adj': '-997\n' });
/** NET_ADMIN and NET_RAW. */
const granted = '0000000000003000';

const filter = (packetFilter: string) => settingsWith({ kubeIpvs: { packetFilter } });

describe('doctor: capabilities', () => {
  it('is content with what the DaemonSet grants', async () => {
    assert.deepEqual(await kindsFound(capabilities, withBits(granted)), ['ok']);
  });

  it('minds each that is missing', async () => {
    assert.deepEqual(await kindsFound(capabilities, withBits('0000000000002000')), [
      'no-net-admin',
    ]);
    const without = (bits: string) =>
      kindsFound(capabilities, { ...withBits(bits), settings: filter('iptables') });
    assert.deepEqual(await without('0000000000001000'), ['no-net-raw']);
    assert.deepEqual(await without('0000000000000000'), ['no-net-admin', 'no-net-raw']);
  });

  it('asks for NET_RAW only where the packet filter is iptables', async () => {
    const withoutRaw = (different: Partial<NodeReaders>) =>
      kindsFound(capabilities, { ...withBits('0000000000001000'), ...different });
    assert.deepEqual(await withoutRaw({ settings: filter('nftables') }), ['ok']);
    assert.deepEqual(await withoutRaw({ settings: filter('auto') }), ['net-raw-for-iptables']);
    const noNftables = modulesBut({ nft_masq: 'missing' });
    assert.deepEqual(await withoutRaw({ settings: filter('auto'), ...noNftables }), ['no-net-raw']);
    assert.deepEqual(await withoutRaw({ settings: filter('nftables'), ...noNftables }), ['ok']);
    const unknown = { nftBaseChains: () => Promise.reject(new Error('EPERM')) };
    assert.deepEqual(await withoutRaw({ settings: filter('auto'), ...unknown }), ['no-net-raw']);
  });

  it('notes that a lower oomScoreAdj needs another one', async () => {
    const settings = settingsWith({ oomScoreAdj: -999 });
    assert.deepEqual(await kindsFound(capabilities, { ...withBits(granted), settings }), [
      'oom-score',
    ]);
    const all = { ...withBits('000001ffffffffff'), settings };
    assert.deepEqual(await kindsFound(capabilities, all), ['ok']);
  });

  it('fails where the kernel does not say', async () => {
    await assert.rejects(capabilities.run(wellNode(filesWith({}))), /no line CapEff/);
  });
});
