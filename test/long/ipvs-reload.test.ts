import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { KubeIpvs } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { echoes, livez } from '../support/client-view.ts';
import { emptyKernel, shell } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';
import { EchoServer } from '../support/tcp.ts';

const vip = '10.96.0.1';
const pod = '10.244.1.1';
const blocked = '/etc/modprobe.d/no-ip-vs.conf';
const periodMs = 3000;
/** For slow machines; each of these is done within one or two periods. */
const limitMs = 16_000;

/** Takes IPVS out of the kernel; the program may put something in between two commands. */
const unload = `
  echo 'install ip_vs /bin/false' >${blocked}
  for try in 1 2 3 4 5 6 7 8 9 10; do
    ipvsadm -C || true
    lsmod | awk '/^(ip_vs_|xt_ipvs)/ { print $1 }' | xargs -r modprobe -r -a || continue
    modprobe -r ip_vs && exit 0
  done
  exit 1`;
const load = `rm -f ${blocked}; modprobe ip_vs`;

describe('when ip_vs is unloaded under the running program', function () {
  let folder: TestFolder;
  let program: KubeIpvs;
  let server: EchoServer;
  let modules: string;
  let churn: NodeJS.Timeout | undefined;

  before(async function () {
    if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] !== 'uml') {
      // The modules of this machine's own kernel serve others too.
      this.skip();
    }
    await emptyKernel();
    modules = await shell(`lsmod | awk '/^(ip_vs|xt_ipvs)/ { print $1 }' | tr '\\n' ' '`);
    await shell(`ip link add pods0 type dummy; ip link set pods0 up
      ip addr add ${pod}/32 dev pods0`);
    server = await EchoServer.listen('pod', pod, 8080);
    folder = new TestFolder();
    folder.write('web.json', serviceWith('web', vip, [pod]));
    const config = folder.config({
      ipvs: { syncPeriod: `${periodMs / 1000}s`, tcpFinTimeout: '77s' },
    });
    program = new KubeIpvs([
      ...['run', '--config', config, '--manifests', folder.manifests],
      ...['--log-format', 'json'],
    ]);
    await program.logged('kernel synced');
  });
  after(async () => {
    if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] !== 'uml') {
      return;
    }
    clearInterval(churn);
    await program.end('SIGTERM');
    await server.close();
    folder.delete();
    await shell(`${load}; modprobe -a ${modules}`);
    await emptyKernel();
    await shell('ip link delete pods0');
  });

  const linesWith = (text: string): readonly string[] =>
    program.log.map(({ msg }) => msg).filter((msg) => msg.includes(text));

  it('serves before', async () => {
    await becomes(() => echoes(vip), true);
    assert.equal(await livez(), 200);
  });

  describe('and loaded again', () => {
    before(async () => {
      await shell(unload);
      assert.equal(await echoes(vip), false, 'the test has taken IPVS away');
      await shell(load);
    });

    it('a connection through the VIP works again, and the process is taken for well', async () => {
      await becomes(() => echoes(vip), true, limitMs);
      assert.equal(await livez(), 200);
    });

    it('its sysctls and timeouts are set again', async () => {
      await becomes(() => shell('cat /proc/sys/net/ipv4/vs/conntrack'), '1\n', limitMs);
      assert.match(await shell('ipvsadm -Ln --timeout'), / 77 /);
    });

    it('the log says what has happened, and no scheduler is taken for missing', () => {
      assert.equal(linesWith('IPVS was unloaded and loaded').length, 1);
      assert.deepEqual(linesWith('no scheduler'), []);
    });
  });

  describe('for good, while Services change', () => {
    let goneAt: number;

    before(async () => {
      await shell(unload);
      goneAt = performance.now();
      let changes = 0;
      churn = setInterval(() => {
        changes += 1;
        folder.write(
          'other.json',
          serviceWith('other', '10.96.0.2', [`10.244.2.${changes % 250}`]),
        );
      }, 300);
    });

    it('/livez and /healthz fail after two periods', async () => {
      await becomes(livez, 503, limitMs);
      const afterMs = performance.now() - goneAt;
      assert.ok(afterMs > periodMs, `after ${afterMs} ms`);
      assert.equal(await livez('healthz'), 503);
    });

    it('the log says once what to do, whatever changes', async () => {
      const lines = linesWith('modprobe ip_vs');
      await delay(2000);
      const errors = program.log.filter(({ level }) => level === 'error');
      assert.ok(lines.length >= 1);
      assert.equal(linesWith('modprobe ip_vs').length, lines.length);
      assert.ok(errors.length <= 6, errors.map(({ msg }) => msg).join('\n'));
    });

    it('both are well again when it is back, and so is the VIP', async () => {
      await shell(load);
      await becomes(() => echoes(vip), true, 30_000);
      await becomes(livez, 200);
      await becomes(() => livez('healthz'), 200);
      assert.equal(linesWith('the kernel can be read again').length, 1);
    });
  });
});
