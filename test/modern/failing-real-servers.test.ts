import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { startAttempts, type Attempts } from '../support/attempts.ts';
import { TestCluster, type TestService } from '../support/kernel-cluster.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, isBound, shell } from '../support/kernel-state.ts';
import { becomes, listedRealServers, weights } from '../support/kernel-table.ts';
import { iptables } from '../support/iptables-variant.ts';
import { patience } from '../support/patience.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';
import { until } from '../support/until.ts';

/** Addresses of the endpoints; each answers with its own address. */
const [a, b, c] = ['10.244.1.1', '10.244.1.2', '10.244.1.3'] as const;
const pods = [a, b, c] as const;

const ejecting = { 'kube-ipvs.io/outlier-ejection': 'true' };

/** How many connections a second are tried: each Pod gets a third of them. */
const perSecond = 15;

/** For how long the requests after a failure are watched: the first trial comes later. */
const seenMs = 12_000;

/** For how long real servers are watched that serve, in seconds. */
const healthySeconds = Number(process.env['KUBE_IPVS_HEALTHY_SECONDS'] ?? 20);

/** What comes from the address is dropped before IPVS sees it. */
function dropping(how: '-I' | '-D', address: string): string {
  return `${iptables} -w -t raw ${how} OUTPUT -s ${address} -j DROP
    ${iptables} -w ${how} INPUT -d ${address} -j DROP`;
}

/** Prints what became of the requests since a failure, when all of them have had their time. */
async function told(
  what: string,
  attempts: Attempts,
  { madeBefore, failedAtMs }: { readonly madeBefore: number; readonly failedAtMs: number },
): Promise<void> {
  await delay(Math.max(0, failedAtMs + seenMs - performance.now()));
  const made = attempts.made - madeBefore;
  await attempts.stop();
  const last = attempts.failures.toSorted((x, y) => x.beganAtMs - y.beganAtMs).at(-1);
  const seconds = (ms = Number.NaN): string => ((ms - failedAtMs) / 1000).toFixed(1);
  console.log(
    `        ${what}: ${attempts.failed} of ${made} failed, the last of them begun ` +
      `${seconds(last?.beganAtMs)} s after and given up ${seconds(last?.endedAtMs)} s after`,
  );
}

describe('a real server that fails', () => {
  let cluster: TestCluster;
  let program: KernelProgram;
  let servers: Map<string, EchoServer>;
  let attempts: Attempts | undefined;

  before(async () => {
    await emptyKernel();
    await shell(`
      ip link add pods0 type dummy; ip link set pods0 up
      for i in 1 2 3; do ip addr add 10.244.1.$i/32 dev pods0; done`);
    servers = new Map();
    for (const address of pods) {
      servers.set(address, await EchoServer.listen(address, address, 8080));
    }
    cluster = new TestCluster();
    program = await KernelProgram.start(cluster.store);
  });
  afterEach(async () => {
    await attempts?.stop();
    attempts = undefined;
    for (const address of pods) {
      await comesBack(address);
    }
    cluster.store.replaceServices([]);
  });
  after(async () => {
    await program.stop();
    await Promise.all([...servers.values()].map((server) => server.close()));
    await emptyKernel();
    await shell('ip link delete pods0');
    assert.deepEqual(program.errors, []);
  });

  const dropped = new Set<string>();

  /** As where its node is gone: nothing comes back, not even what its kernel sends once more by itself. */
  async function dies(address: string): Promise<void> {
    dropped.add(address);
    await shell(dropping('-I', address));
  }

  /** As where its process has ended: nothing listens. */
  async function stopsListening(address: string): Promise<void> {
    await servers.get(address)?.close();
    servers.delete(address);
  }

  async function comesBack(address: string): Promise<void> {
    if (dropped.delete(address)) {
      await shell(dropping('-D', address));
    }
    if (!servers.has(address)) {
      servers.set(address, await EchoServer.listen(address, address, 8080));
    }
  }

  let services = 0;
  /** A Service of its own for each test, with endpoints a, b and c. */
  async function newService(
    annotations: Readonly<Record<string, string>>,
    fields: Partial<TestService> = {},
  ) {
    services += 1;
    const name = `service-${services}`;
    const vip = `10.96.0.${services}`;
    cluster.putService(name, { clusterIP: vip, annotations, ...fields });
    cluster.putEndpoints(name, pods);
    const shown = () => weights(`${vip}:80`);
    await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 });
    await becomes(() => isBound(vip), true);
    return { name, vip, shown };
  }

  /** Has a fail once each has answered, while it is tried all the time. */
  async function failUnderLoad(vip: string, fail: (address: string) => Promise<void>) {
    const current = startAttempts(vip, 80, perSecond);
    attempts = current;
    await until('each has answered', () => current.answeredBy.size === 3);
    await fail(a);
    return { current, since: { failedAtMs: performance.now(), madeBefore: current.made } };
  }

  for (const [what, fail] of [
    ['does not answer', dies],
    ['refuses', stopsListening],
  ] as const) {
    it(`that ${what} gets no new connections, and no request fails that begins then`, async () => {
      const { vip, shown } = await newService(ejecting);
      const { current, since } = await failUnderLoad(vip, fail);
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 }, 20_000);
      const ejectedAtMs = performance.now();
      await told(`${what}, with ejection`, current, since);
      assert.ok(current.failed > 0);
      assert.ok(current.failures.every(({ beganAtMs }) => beganAtMs < ejectedAtMs));
    });

    it(`that ${what} goes on getting them where its Service does not ask for ejection`, async () => {
      const { vip, shown } = await newService({});
      const { current, since } = await failUnderLoad(vip, fail);
      await told(`${what}, without`, current, since);
      assert.deepEqual(await shown(), { [a]: 1, [b]: 1, [c]: 1 });
      const lastMs = (current.failures.at(-1)?.beganAtMs ?? 0) - since.failedAtMs;
      assert.ok(lastMs > seenMs - 3000, String(lastMs));
    });
  }

  it('is tried after ten seconds, and in use again when it answers', async () => {
    const { vip, shown } = await newService(ejecting);
    attempts = startAttempts(vip, 80, perSecond);
    await dies(a);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 }, 20_000);
    await comesBack(a);
    await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 }, 30_000);
    attempts.answeredBy.clear();
    await until('it answers', () => attempts?.answeredBy.has(a) === true);
  });

  it('keeps its open connections, and an audit leaves it as it is', async () => {
    const { vip, shown } = await newService(ejecting);
    const client = await connectedTo(vip, a);
    attempts = startAttempts(vip, 80, perSecond);
    await dies(a);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 }, 20_000);
    program.requestAudit();
    await delay(1500);
    assert.deepEqual(await shown(), { [a]: 0, [b]: 1, [c]: 1 });
    await comesBack(a);
    assert.equal(await client.echo('still here'), `${a}: still here`);
    client.close();
  });

  it('is left to drain where its endpoint goes, and has gone then', async () => {
    const { name, vip, shown } = await newService({
      ...ejecting,
      'kube-ipvs.io/drain-timeout': `${2 * patience}s`,
    });
    attempts = startAttempts(vip, 80, perSecond);
    await dies(a);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 }, 20_000);
    cluster.putEndpoints(name, [b, c]);
    await becomes(shown, { [b]: 1, [c]: 1 }, 20_000);
  });

  it('lets its clients of session affinity go', async () => {
    const { vip, shown } = await newService(ejecting, { spec: { sessionAffinity: 'ClientIP' } });
    const first = await EchoClient.connect(vip, 80);
    const mine = (await first.echo('hello')).replace(': hello', '');
    first.close();
    attempts = startAttempts(vip, 80, perSecond);
    await dies(mine);
    await becomes(async () => (await shown())[mine], 0, 20_000);
    await until('another one answers', () =>
      [...(attempts?.answeredBy ?? [])].some((by) => by !== mine),
    );
  });

  it('is one of half of them at most', async () => {
    const { vip, shown } = await newService(ejecting);
    attempts = startAttempts(vip, 80, perSecond);
    await dies(a);
    await dies(b);
    await until('one is ejected', async () => Object.values(await shown()).includes(0), 20_000);
    await delay(4000);
    const kept = Object.values(await shown()).filter((weight) => weight === 1);
    assert.equal(kept.length, 2);
  });

  it('is not ejected where all fail', async () => {
    const { vip, shown } = await newService(ejecting);
    for (const address of pods) {
      await dies(address);
    }
    attempts = startAttempts(vip, 80, perSecond);
    await until('many have failed', () => (attempts?.failed ?? 0) >= 60, 20_000);
    assert.deepEqual(await shown(), { [a]: 1, [b]: 1, [c]: 1 });
  });

  it('has its weight back after a restart of this program', async () => {
    const { vip, shown } = await newService(ejecting);
    attempts = startAttempts(vip, 80, perSecond);
    await dies(a);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 }, 20_000);
    await attempts.stop();
    await program.stop();
    assert.deepEqual(program.errors, []);
    program = await KernelProgram.start(cluster.store);
    await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 });
  });

  it('has its open connections reset after the time of kube-ipvs.io/reset-after', async () => {
    const { vip, shown } = await newService({ ...ejecting, 'kube-ipvs.io/reset-after': '6s' });
    const client = await connectedTo(vip, a);
    attempts = startAttempts(vip, 80, perSecond);
    await dies(a);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 }, 20_000);
    await becomes(shown, { [b]: 1, [c]: 1 }, 20_000);
    await assert.rejects(async () => {
      await Promise.any([client.echo('and now'), delay(500 * patience)]);
      await client.echo('and now');
    }, /broken|ECONNRESET/);
    await comesBack(a);
    await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 }, 30_000);
  });

  it('is none that serves connections of any kind', async () => {
    const { vip, shown } = await newService(ejecting);
    attempts = startAttempts(vip, 80, perSecond, 'of every kind');
    await delay(1000 * healthySeconds);
    assert.ok(attempts.made >= 100, `${attempts.made} connections`);
    console.log(`        ${attempts.made} connections of every kind, ${attempts.failed} failed`);
    assert.deepEqual(
      program.ejections.filter(({ service }) => service.endsWith(`-${services}`)),
      [],
    );
    assert.deepEqual(await shown(), { [a]: 1, [b]: 1, [c]: 1 });
    const counted = await listedRealServers(`${vip}:80`);
    assert.equal(Object.keys(counted).length, 3);
  }).timeout(1000 * healthySeconds + 60_000 * patience);

  async function connectedTo(vip: string, endpoint: string): Promise<EchoClient> {
    for (let tries = 0; tries < 3; tries += 1) {
      const client = await EchoClient.connect(vip, 80);
      if ((await client.echo('hello')) === `${endpoint}: hello`) {
        return client;
      }
      client.close();
    }
    return assert.fail(`three connections have not reached ${endpoint}`);
  }
});
