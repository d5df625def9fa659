import assert from 'node:assert/strict';
import {
  conntrackSysctls,
  type ConntrackSettings,
} from '../../../../src/kernel/sysctl/conntrack.ts';
import { mustBeSet } from '../../../../src/kernel/sysctl/settings.ts';

const untouched: ConntrackSettings = {
  maxPerCore: 0,
  min: 131_072,
  tcpEstablishedSeconds: 0,
  tcpCloseWaitSeconds: 0,
  tcpBeLiberal: false,
  udpSeconds: 0,
  udpStreamSeconds: 0,
};

/** Name without its beginning, and value. */
function valuesOf(settings: Partial<ConntrackSettings>, cores = 8): Record<string, string> {
  return Object.fromEntries(
    conntrackSysctls({ ...untouched, ...settings }, cores).map(({ path, value }) => [
      path.replace('net/netfilter/nf_conntrack_', ''),
      value,
    ]),
  );
}

describe('the settings of connection tracking', () => {
  it('are left alone where the configuration says 0', () => {
    assert.deepEqual(valuesOf({}), {});
  });

  it('have a limit for each core', () => {
    assert.deepEqual(valuesOf({ maxPerCore: 32_768 }), { max: '262144', buckets: '65536' });
  });

  it('have a limit however few cores there are', () => {
    assert.deepEqual(valuesOf({ maxPerCore: 32_768 }, 2), { max: '131072', buckets: '32768' });
  });

  it('have timeouts in seconds', () => {
    assert.deepEqual(
      valuesOf({
        tcpEstablishedSeconds: 86_400,
        tcpCloseWaitSeconds: 3600,
        tcpBeLiberal: true,
        udpSeconds: 30,
        udpStreamSeconds: 120,
      }),
      {
        tcp_timeout_established: '86400',
        tcp_timeout_close_wait: '3600',
        tcp_be_liberal: '1',
        udp_timeout: '30',
        udp_timeout_stream: '120',
      },
    );
  });

  it('never lower a limit, and set a timeout as it is given', () => {
    const [max, , timeout] = conntrackSysctls(
      { ...untouched, maxPerCore: 1000, min: 0, tcpEstablishedSeconds: 100 },
      10,
    );
    assert.ok(max && timeout);
    assert.equal(mustBeSet(max, '9999'), true);
    assert.equal(mustBeSet(max, '10000'), false);
    assert.equal(mustBeSet(max, '262144'), false);
    assert.equal(mustBeSet(timeout, '432000'), true);
    assert.equal(mustBeSet(timeout, '100'), false);
  });
});
