import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { TestCluster, terminating, type TestEndpoint } from '../support/kernel-cluster.ts';
import { Load, type LoadCounts } from '../support/kernel-load.ts';
import { HttpPod } from '../support/kernel-pods.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, isBound, shell } from '../support/kernel-state.ts';
import { becomes, weights } from '../support/kernel-table.ts';

const replicas = 4;
/** The Pods at first, and after each replacement. */
const generations = [addresses(1), addresses(11), addresses(21), addresses(31)];
const firstAddresses = generations[0] ?? [];
const lastAddresses = generations.at(-1) ?? [];

/** What a Pod is given to end, in milliseconds: enough for its end to get around. */
const getsAroundMs = 200;

function addresses(first: number): readonly string[] {
  return Array.from({ length: replicas }, (_, index) => `10.244.1.${first + index}`);
}

describe('all Pods of a Service are replaced one after the other, three times, under load', () => {
  let cluster: TestCluster;
  let program: KernelProgram;
  let loads: Readonly<Record<string, Load>>;
  let counts: Readonly<Record<string, LoadCounts>>;
  let pods: readonly HttpPod[] = [];
  /** The endpoints as the API server has them. */
  const endpoints = new Map<string, TestEndpoint>();

  before(async () => {
    await emptyKernel();
    const adds = generations.flat().map((ip) => `ip addr add ${ip}/32 dev pods0`);
    await shell(`ip link add pods0 type dummy; ip link set pods0 up; ${adds.join(';')}`);
    cluster = new TestCluster();
    cluster.putService('web', { clusterIP: '10.96.0.1' });
    program = await KernelProgram.start(cluster.store);
    pods = await Promise.all(firstAddresses.map((address) => startPod(address)));
    await becomes(
      () => weights('10.96.0.1:80'),
      Object.fromEntries(firstAddresses.map((address) => [address, 1])),
    );
    await becomes(() => isBound('10.96.0.1'), true);
    loads = {
      'new connections': Load.onNewConnections('http://10.96.0.1/', 4),
      'kept connections': Load.onKeptConnections('http://10.96.0.1/', 4),
    };
    await delay(500);
    for (const generation of generations.slice(1)) {
      pods = await replace(pods, generation);
    }
    await delay(300);
    Object.values(loads).forEach((load) => {
      load.forgetServers();
    });
    await delay(500);
    await Promise.all(Object.values(loads).map((load) => load.stop()));
    counts = Object.fromEntries(Object.entries(loads).map(([how, load]) => [how, load.counts]));
    for (const [how, { answered, retried, lost }] of Object.entries(counts)) {
      console.log(
        `    on ${how}: ${answered} requests answered, ${retried} asked again, lost: ${JSON.stringify(lost)}`,
      );
    }
  });
  after(async () => {
    await program.stop();
    await Promise.all(pods.map((pod) => pod.end(0)));
    await emptyKernel();
    await shell('ip link delete pods0');
  });

  function put(address: string, endpoint: TestEndpoint | undefined): void {
    if (endpoint === undefined) {
      endpoints.delete(address);
    } else {
      endpoints.set(address, endpoint);
    }
    cluster.putEndpoints('web', [...endpoints.values()]);
  }

  async function startPod(address: string): Promise<HttpPod> {
    const pod = await HttpPod.start(address);
    put(address, address);
    return pod;
  }

  /** The endpoint is told to terminate when the Pod is, and is gone when the Pod is. */
  async function endPod(pod: HttpPod): Promise<void> {
    put(pod.address, { address: pod.address, conditions: terminating });
    await pod.end(getsAroundMs);
    put(pod.address, undefined);
  }

  /** As a Deployment does it with maxSurge 1 and maxUnavailable 0. */
  async function replace(
    old: readonly HttpPod[],
    generation: readonly string[],
  ): Promise<readonly HttpPod[]> {
    const started: HttpPod[] = [];
    for (const [index, pod] of old.entries()) {
      started.push(await startPod(generation[index] ?? assert.fail()));
      await endPod(pod);
    }
    return started;
  }

  for (const how of ['new connections', 'kept connections']) {
    it(`no request is lost on ${how}`, () => {
      const { answered, lost } = counts[how] ?? assert.fail();
      assert.deepEqual(lost, {});
      assert.ok(answered > 200, `${answered} requests`);
    });

    it(`the last Pods alone are asked in the end, on ${how}`, () => {
      const { byServer } = counts[how] ?? assert.fail();
      if (how === 'new connections') {
        assert.deepEqual(Object.keys(byServer).toSorted(), lastAddresses);
      }
      assert.ok(Object.keys(byServer).every((address) => lastAddresses.includes(address)));
    });
  }

  it('requests on connections of their own need no second try', () => {
    assert.equal(counts['new connections']?.retried, 0);
  });

  it('nothing failed', () => {
    assert.deepEqual(program.errors, []);
  });
});
