import assert from 'node:assert/strict';
import { daemon } from '../../../../src/doctor/checks/daemon.ts';
import {
  answered,
  closed,
  findingsOf,
  kindsFound,
  kubeProxyServed,
  serving,
  wellServed,
} from '../../../support/doctor-readers.ts';

const but = (answers: Parameters<typeof serving>[0]) => serving({ ...wellServed, ...answers });
const metrics = (text: string) => but({ '/metrics': answered(text) });

describe('doctor: daemon', () => {
  it('is content with one that is ready', async () => {
    assert.deepEqual(await kindsFound(daemon), ['ok']);
  });

  it('notes that none runs, kube-proxy or not', async () => {
    assert.deepEqual(await kindsFound(daemon, serving({})), ['not-running']);
    assert.deepEqual(await kindsFound(daemon, serving(kubeProxyServed)), ['not-running']);
  });

  it('minds one that is not alive or not ready, and says what it waits for', async () => {
    const dead = but({ '/livez': answered({ lastUpdated: '2026-01-01T00:00:00Z' }, 503) });
    const [finding] = await findingsOf(daemon, dead);
    assert.equal(finding?.kind, 'not-alive');
    assert.match(finding.seen, /2026-01-01/);
    const early = but({ '/readyz': answered({ lastUpdated: null, waitingFor: [] }, 503) });
    assert.deepEqual(await kindsFound(daemon, early), ['not-ready']);
    const waits = but({ '/readyz': answered({ waitingFor: ['masquerade IPv4'] }, 503) });
    const [waiting] = await findingsOf(daemon, waits);
    assert.equal(waiting?.kind, 'waits-for');
    assert.match(waiting.seen, /masquerade IPv4/);
  });

  it('warns of an address that another program had', async () => {
    const taken = metrics('kube_ipvs_bind_failures_total{server="health check"} 2\n');
    const [finding] = await findingsOf(daemon, taken);
    assert.equal(finding?.kind, 'address-taken');
    assert.equal(finding.seen, 'health check: 2');
  });

  it('warns of real servers that are ejected', async () => {
    const [finding] = await findingsOf(daemon, metrics('kube_ipvs_ejected_real_servers 2\n'));
    assert.equal(finding?.kind, 'ejected');
    assert.equal(finding.seen, '2 real servers are ejected now');
    assert.deepEqual(await kindsFound(daemon, metrics('kube_ipvs_ejected_real_servers 0\n')), [
      'ok',
    ]);
  });

  it('warns where connections are refused for limits, and not where others have room', async () => {
    const full = 'kube_ipvs_full_real_servers 3\nkube_ipvs_virtual_servers_refusing_for_limits ';
    const [finding] = await findingsOf(daemon, metrics(`${full}1\n`));
    assert.equal(finding?.kind, 'full');
    assert.equal(finding.seen, '1 virtual servers refuse new connections, 3 real servers are full');
    assert.deepEqual(await kindsFound(daemon, metrics(`${full}0\n`)), ['ok']);
  });

  it('notes a Node that leaves', async () => {
    const leaves = but({ '/healthz': answered({ lastUpdated: '', nodeEligible: false }, 503) });
    assert.deepEqual(await kindsFound(daemon, leaves), ['node-leaves']);
  });

  it('tells what its metrics count, and not what they do not', async () => {
    const [kernel] = await findingsOf(
      daemon,
      metrics('kube_ipvs_kernel_errors_total{kind="virtual server",errno="ENOENT"} 2\n'),
    );
    assert.equal(kernel?.kind, 'kernel-errors');
    assert.equal(kernel.seen, 'virtual server ENOENT: 2');
    const api = 'kube_ipvs_api_requests_total{resource="services",event=';
    const requests = `${api}"failed: unreachable"} 7\n${api}"listed"} 1\n`;
    const [failed] = await findingsOf(daemon, metrics(requests));
    assert.equal(failed?.kind, 'api-errors');
    assert.equal(failed.seen, 'services failed: unreachable: 7');
    const [refused] = await findingsOf(
      daemon,
      metrics('kube_ipvs_refused_total{reason="ExternalIPRefused"} 3\n'),
    );
    assert.equal(refused?.kind, 'refused');
    assert.match(refused.command ?? '', /reason=ExternalIPRefused$/);
    assert.deepEqual(await kindsFound(daemon, metrics('kube_ipvs_refused_total{reason="a"} 0\n')), [
      'ok',
    ]);
  });

  it('notes that metrics cannot be read', async () => {
    assert.deepEqual(await kindsFound(daemon, but({ '/metrics': closed })), ['metrics-unread']);
  });
});
