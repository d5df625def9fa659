import assert from 'node:assert/strict';
import { sysctls } from '../../../../src/doctor/checks/sysctls.ts';
import { findingsOf, kindsFound, serving, sysctlsWith } from '../../../support/doctor-readers.ts';

const off = sysctlsWith({ 'net/ipv4/ip_forward': '0' });
const nobody = serving({});

describe('doctor: sysctls', () => {
  it('is content where all are set', async () => {
    assert.deepEqual(await kindsFound(sysctls), ['ok']);
  });

  it('takes a table of connections that is larger', async () => {
    const larger = sysctlsWith({ 'net/netfilter/nf_conntrack_max': '1000000' });
    assert.deepEqual(await kindsFound(sysctls, larger), ['ok']);
  });

  it('notes what kube-ipvs will set', async () => {
    const [finding] = await findingsOf(sysctls, { ...off, ...nobody });
    assert.equal(finding?.kind, 'will-be-set');
    assert.match(finding.seen, /net\.ipv4\.ip_forward from 0 to 1/);
  });

  it('notes what comes with a module that is not loaded', async () => {
    const [finding] = await findingsOf(sysctls, {
      ...sysctlsWith({ 'net/ipv4/vs/conntrack': undefined }),
      ...nobody,
    });
    assert.equal(finding?.kind, 'will-be-set');
    assert.match(finding.seen, /IPVS not loaded yet: 1 settings/);
  });

  it('warns of what somebody has changed beside kube-ipvs', async () => {
    assert.deepEqual(await kindsFound(sysctls, off), ['changed-by-others']);
  });

  it('minds what may not be written', async () => {
    const [finding] = await findingsOf(sysctls, { ...off, maySet: () => Promise.resolve(false) });
    assert.equal(finding?.kind, 'cannot-be-set');
    assert.equal(finding.command, 'sysctl -w net.ipv4.ip_forward=1');
  });
});
