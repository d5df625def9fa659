import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { ipvsadm } from '../support/ipvsadm.ts';
import { TestCluster, terminating, type TestService } from '../support/kernel-cluster.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, isBound, shell } from '../support/kernel-state.ts';
import { becomes, listedRealServers, weights } from '../support/kernel-table.ts';
import { ResetClient } from '../support/kernel-tcp.ts';
import { patience } from '../support/patience.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';

/** Addresses of the endpoints; each answers with its own address. */
const [a, b, c] = ['10.244.1.1', '10.244.1.2', '10.244.1.3'] as const;

/** What drains is looked at every second. */
const longerThanALookMs = 1100;

describe('a real server that is no longer wanted', () => {
  let cluster: TestCluster;
  let program: KernelProgram;
  let servers: readonly EchoServer[];
  const open: EchoClient[] = [];

  before(async () => {
    await emptyKernel();
    await shell(`
      ip link add pods0 type dummy; ip link set pods0 up
      for i in 1 2 3; do ip addr add 10.244.1.$i/32 dev pods0; done`);
    servers = await Promise.all(
      [a, b, c].map((address) => EchoServer.listen(address, address, 8080)),
    );
    cluster = new TestCluster();
    program = await KernelProgram.start(cluster.store);
  });
  afterEach(() => {
    open.splice(0).forEach((client) => {
      client.close();
    });
  });
  after(async () => {
    await program.stop();
    await Promise.all(servers.map((server) => server.close()));
    await emptyKernel();
    await shell('ip link delete pods0');
    assert.deepEqual(program.errors, []);
  });

  /** Something that takes ten seconds, while the other tests go on. */
  let resetEarlier: Awaited<ReturnType<typeof newService>>;
  const countedReset = async () => (await listedRealServers(resetEarlier.virtualServer))[a];

  let services = 0;
  /** A Service of its own for each test, with endpoints a, b and c. */
  async function newService(fields: Partial<TestService> = {}) {
    services += 1;
    const name = `service-${services}`;
    const vip = `10.96.0.${services}`;
    cluster.putService(name, { clusterIP: vip, ...fields });
    cluster.putEndpoints(name, [a, b, c], fields.protocol);
    const virtualServer = `${vip}:80`;
    const shown = () => weights(virtualServer, fields.protocol);
    await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 });
    await becomes(() => isBound(vip), true);
    return { name, vip, virtualServer, shown };
  }

  /** A connection that has reached this endpoint. */
  async function connectedTo(vip: string, endpoint: string): Promise<EchoClient> {
    for (let tries = 0; tries < 3; tries += 1) {
      const client = await EchoClient.connect(vip, 80);
      open.push(client);
      if ((await client.echo('hello')) === `${endpoint}: hello`) {
        return client;
      }
    }
    assert.fail(`three connections have not reached ${endpoint}`);
  }

  /** Where so many new connections arrive. */
  async function reached(vip: string, count: number): Promise<readonly string[]> {
    const names = new Set<string>();
    for (let done = 0; done < count; done += 1) {
      const client = await EchoClient.connect(vip, 80);
      open.push(client);
      names.add((await client.echo('hello')).replace(': hello', ''));
    }
    return [...names].toSorted();
  }

  it('stays for a connection that was reset, which the kernel keeps as inactive', async () => {
    resetEarlier = await newService();
    const client = await ResetClient.reaching(resetEarlier.vip, 80, a);
    cluster.putEndpoints(resetEarlier.name, [b, c]);
    await becomes(resetEarlier.shown, { [a]: 0, [b]: 1, [c]: 1 });
    client.reset();
    await becomes(countedReset, { weight: 0, active: 0, inactive: 1 });
    await delay(longerThanALookMs);
    assert.deepEqual(await countedReset(), { weight: 0, active: 0, inactive: 1 });
  });

  it('keeps its connections, and gets no new ones', async () => {
    const { name, vip, shown } = await newService();
    const client = await connectedTo(vip, a);
    cluster.putEndpoints(name, [b, c]);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
    assert.deepEqual(await reached(vip, 20), [b, c]);
    await delay(longerThanALookMs);
    assert.equal(await client.echo('still here'), `${a}: still here`);
    assert.deepEqual(await shown(), { [a]: 0, [b]: 1, [c]: 1 });
  });

  it('does so too while it terminates', async () => {
    const { name, vip, shown } = await newService();
    const client = await connectedTo(vip, a);
    cluster.putEndpoints(name, [{ address: a, conditions: terminating }, b, c]);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
    assert.deepEqual(await reached(vip, 10), [b, c]);
    assert.equal(await client.echo('still here'), `${a}: still here`);
  });

  it('gets no new ones from its clients of session affinity either', async () => {
    const { name, vip, shown } = await newService({ spec: { sessionAffinity: 'ClientIP' } });
    const client = await EchoClient.connect(vip, 80);
    open.push(client);
    const mine = (await client.echo('hello')).replace(': hello', '');
    assert.deepEqual(await reached(vip, 3), [mine]);
    const others: readonly string[] = [a, b, c].filter((address) => address !== mine);
    cluster.putEndpoints(name, others);
    await becomes(async () => (await shown())[mine], 0);
    const [next = '', ...further] = await reached(vip, 10);
    assert.ok(others.includes(next), next);
    assert.deepEqual(further, []);
    assert.equal(await client.echo('still here'), `${mine}: still here`);
  });

  it('gets new connections again when it is wanted again, and keeps the old ones', async () => {
    const { name, vip, shown } = await newService();
    const client = await connectedTo(vip, a);
    cluster.putEndpoints(name, [b, c]);
    await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
    cluster.putEndpoints(name, [a, b, c]);
    await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 });
    assert.deepEqual(await reached(vip, 10), [a, b, c]);
    assert.equal(await client.echo('all along'), `${a}: all along`);
  });

  describe('when this program is started anew', () => {
    async function restarted(meanwhile: () => void): Promise<void> {
      await program.stop();
      assert.deepEqual(program.errors, []);
      meanwhile();
      program = await KernelProgram.start(cluster.store);
    }

    it('goes on draining', async () => {
      const { name, vip, shown } = await newService();
      const client = await connectedTo(vip, a);
      cluster.putEndpoints(name, [b, c]);
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
      await restarted(() => undefined);
      await delay(1500);
      assert.deepEqual(await shown(), { [a]: 0, [b]: 1, [c]: 1 });
      assert.deepEqual(await reached(vip, 10), [b, c]);
      assert.equal(await client.echo('again'), `${a}: again`);
      cluster.putEndpoints(name, [a, b]);
      await becomes(async () => (await shown())[a], 1);
      assert.equal(await client.echo('and again'), `${a}: and again`);
    });

    it('has its weight back where it was wanted again in the meantime', async () => {
      const { name, vip, shown } = await newService();
      const client = await connectedTo(vip, a);
      cluster.putEndpoints(name, [b, c]);
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
      await restarted(() => {
        cluster.putEndpoints(name, [a, b, c]);
      });
      await becomes(shown, { [a]: 1, [b]: 1, [c]: 1 });
      assert.equal(await client.echo('again'), `${a}: again`);
    });

    it('is drained where it left in the meantime', async () => {
      const { name, vip, shown } = await newService();
      const client = await connectedTo(vip, a);
      await restarted(() => {
        cluster.putEndpoints(name, [b, c]);
      });
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
      assert.equal(await client.echo('again'), `${a}: again`);
    });
  });

  it('goes within two seconds where it has no connection', async () => {
    const { name, shown } = await newService();
    cluster.putEndpoints(name, [a, b]);
    await becomes(shown, { [a]: 1, [b]: 1 }, 2500);
  });

  describe('with the annotation kube-ipvs.io/drain-timeout', () => {
    it('goes when the time is up, whatever its connections', async () => {
      const annotations = { 'kube-ipvs.io/drain-timeout': `${2 * patience}s` };
      const { name, vip, shown } = await newService({ annotations });
      const client = await connectedTo(vip, a);
      cluster.putEndpoints(name, [b, c]);
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
      await delay(1000 * patience);
      assert.equal(await client.echo('still here'), `${a}: still here`);
      await becomes(shown, { [b]: 1, [c]: 1 }, 3000);
      // A break at the second try at the latest; without one its client would wait for minutes.
      await assert.rejects(async () => {
        await Promise.any([client.echo('and now'), delay(500)]);
        await client.echo('and now');
      }, /broken|ECONNRESET/);
    });

    it('of 0s goes at once', async () => {
      const annotations = { 'kube-ipvs.io/drain-timeout': '0s' };
      const { name, vip, shown } = await newService({ annotations });
      await connectedTo(vip, a);
      cluster.putEndpoints(name, [b, c]);
      // Sooner than the draining is looked at.
      await becomes(shown, { [b]: 1, [c]: 1 }, 500);
    });
  });

  it('goes at once where it is one of UDP', async () => {
    const { name, vip, shown, virtualServer } = await newService({ protocol: 'UDP' });
    const sockets = [a, b, c].map(() => createSocket('udp4'));
    sockets.forEach((socket) => {
      socket.send('to each of them', 80, vip);
    });
    await becomes(async () => (await listedRealServers(virtualServer, 'UDP'))[a]?.inactive, 1);
    sockets.forEach((socket) => socket.close());
    cluster.putEndpoints(name, [b, c], 'UDP');
    await becomes(shown, { [b]: 1, [c]: 1 }, 500);
  });

  // After all others, so that nobody has to wait for ten seconds.
  describe('in the end', () => {
    it('goes when the kernel has forgotten the last of its connections', async () => {
      await becomes(resetEarlier.shown, { [b]: 1, [c]: 1 }, 12_000);
    });

    it('is the only reason to ask the kernel about its virtual server', async () => {
      const { name, vip, virtualServer, shown } = await newService();
      const { virtualServer: calm } = await newService();
      await connectedTo(vip, a);
      // Whatever still drains from the tests before goes.
      cluster.store.replaceServices(
        [name, calm].flatMap((key) => cluster.store.service(`default/${key}`) ?? []),
      );
      await delay(longerThanALookMs);
      program.polled.length = 0;
      await delay(longerThanALookMs);
      assert.deepEqual(program.polled, []);

      const startedAt = performance.now();
      cluster.putEndpoints(name, [b, c]);
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
      await delay(2 * longerThanALookMs);
      const mostLooks = 1 + Math.floor((performance.now() - startedAt) / 1000);
      assert.ok(
        program.polled.length >= 1 && program.polled.length <= mostLooks,
        `${program.polled.length} of ${mostLooks}`,
      );
      assert.deepEqual([...new Set(program.polled)], [`TCP ${virtualServer}`]);
    });

    it('that somebody else deletes is no longer looked at', async () => {
      const { name, vip, virtualServer, shown } = await newService();
      await connectedTo(vip, a);
      cluster.putEndpoints(name, [b, c]);
      await becomes(shown, { [a]: 0, [b]: 1, [c]: 1 });
      await ipvsadm('-d', '-t', virtualServer, '-r', `${a}:8080`);
      await delay(longerThanALookMs);
      program.polled.length = 0;
      await delay(longerThanALookMs);
      assert.ok(!program.polled.includes(`TCP ${virtualServer}`), program.polled.join(', '));
    });
  });
});
