import assert from 'node:assert/strict';
import { TestFolder } from '../support/cli-folder.ts';
import { ipvsadm } from '../support/ipvsadm.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import { emptyKernel, emptyPacketFilter, shell } from '../support/kernel-state.ts';
import { rawNode, rawService, rawSlice } from '../support/manifests.ts';
import { valueIn } from '../support/scraped.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';
import { until } from '../support/until.ts';

const metricsAddress = '127.0.0.1:10259';
const web = '{namespace="default",service="web"}';
const pod = '{namespace="default",service="web",real_server="10.244.7.1:8080"}';

/**
 * Two virtual servers of one Service: its cluster IP, and an external IP. No other test has these addresses:
 * what its sockets still send to theirs would be counted here.
 */
const manifests = [
  rawNode('node-a'),
  rawService('web', {
    clusterIP: '10.96.7.1',
    clusterIPs: ['10.96.7.1'],
    externalIPs: ['203.0.113.7'],
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  }),
  rawService(
    'no-scheduler',
    { clusterIP: '10.96.7.2', clusterIPs: ['10.96.7.2'] },
    {
      annotations: { 'kube-ipvs.io/scheduler': 'nonsense' },
    },
  ),
  rawSlice('web-1', 'web', { endpoints: [{ addresses: ['10.244.7.1'], nodeName: 'node-a' }] }),
];

async function scrape(): Promise<string> {
  return (await fetch(`http://${metricsAddress}/metrics`)).text();
}

async function valueOf(series: string): Promise<number | undefined> {
  return valueIn(await scrape(), series);
}

/** What the kernel shows of a virtual server: connections, packets and bytes, in and out. */
async function shown(address: string): Promise<readonly number[]> {
  const text = await ipvsadm('-Ln', '--stats', '--exact', '-t', address);
  const line = text.split('\n').find((each) => each.startsWith('TCP')) ?? '';
  return line.trim().split(/\s+/).slice(2).map(Number);
}

async function talk(address: string, words: string): Promise<void> {
  const client = await EchoClient.connect(address, 80);
  await client.echo(words);
  client.close();
}

describe('the metrics of real traffic', () => {
  const folder = new TestFolder();
  let daemon: KernelDaemon;
  let echo: EchoServer;

  before(async () => {
    await emptyKernel();
    await emptyPacketFilter();
    await shell(`
      ip link add test0 type dummy
      ip addr add 10.244.7.1/32 dev test0
      ip link set test0 up`);
    echo = await EchoServer.listen('pod', '10.244.7.1', 8080);
    folder.write('cluster.json', manifests);
    daemon = await KernelDaemon.start(
      folder.manifests,
      'node-a',
      { metricsBindAddress: metricsAddress, kubeIpvs: { serviceMetrics: 'realServers' } },
      { countersRestMs: 500 },
    );
    await until(
      'the counters were read',
      async () => (await valueOf(`kube_ipvs_service_connections_total${web}`)) === 0,
    );
  });

  after(async () => {
    await daemon.stop();
    await echo.close();
    folder.delete();
    await shell('ip link delete test0');
    await emptyKernel();
  });

  it('are, by Service and real server, what the kernel counts at all of its addresses', async () => {
    await talk('10.96.7.1', 'hello');
    await talk('10.96.7.1', 'x'.repeat(1000));
    await talk('203.0.113.7', 'once more');
    const expected = ['10.96.7.1:80', '203.0.113.7:80'];
    await until(
      'the next reading',
      async () => (await valueOf(`kube_ipvs_service_connections_total${web}`)) === 3,
      30_000,
    );
    // The last packets of a connection may still have been counted after the reading.
    await until(
      'the reading has all packets',
      async () => {
        const sums = await Promise.all(expected.map(shown));
        const sum = (index: number) =>
          sums.reduce((all, numbers) => all + (numbers[index] ?? 0), 0);
        const text = await scrape();
        return [
          'connections_total',
          'incoming_packets_total',
          'outgoing_packets_total',
          'incoming_bytes_total',
          'outgoing_bytes_total',
        ].every((name, index) =>
          [`kube_ipvs_service_${name}${web}`, `kube_ipvs_real_server_${name}${pod}`].every(
            (series) => valueIn(text, series) === sum(index),
          ),
        );
      },
      30_000,
    );
    const text = await scrape();
    assert.ok((valueIn(text, `kube_ipvs_service_incoming_bytes_total${web}`) ?? 0) > 1000);
    assert.equal(valueIn(text, `kube_ipvs_service_inactive_connections${web}`), 3);
  });

  it('do not go down when the kernel begins to count anew', async () => {
    await ipvsadm('-Z');
    await talk('10.96.7.1', 'after');
    await until(
      'the next reading',
      async () => (await valueOf(`kube_ipvs_service_connections_total${web}`)) === 4,
      30_000,
    );
    assert.equal((await shown('10.96.7.1:80'))[0], 1);
  });

  it('say what is wrong with Services, and that the rest is in order', async () => {
    const text = await scrape();
    for (const [series, expected] of [
      ['kube_ipvs_services_with_problem{reason="UnknownScheduler",effect="fallback"}', 1],
      ['kube_ipvs_services_with_problem{reason="AddressConflict",effect="conflict"}', 0],
      ['kube_ipvs_ready', 1],
      ['kube_ipvs_alive', 1],
      ['kube_ipvs_failing_objects{kind="virtual server"}', 0],
      ['kube_ipvs_foundation{foundation="masquerade IPv4",state="in place"}', 1],
      ['kube_ipvs_draining_real_servers', 0],
      ['kube_ipvs_foreign_virtual_servers', 0],
      ['kube_ipvs_virtual_servers', 3],
    ] as const) {
      assert.equal(valueIn(text, series), expected, series);
    }
    assert.ok((valueIn(text, 'kube_ipvs_conntrack_entries_limit') ?? 0) > 0);
  });
});
