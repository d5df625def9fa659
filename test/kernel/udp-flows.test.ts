import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { families, inHost, nodeAddress, podAddress, type PodName } from '../support/network.ts';
import {
  frontEndKinds,
  nodePortOf,
  serviceObjects,
  servicePort,
  vipOf,
} from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';
import { outcomeText, type Flow, type Question } from '../support/traffic.ts';

const clients = ['pod-a1', 'node-a', 'outside'] as const;
/** The manifests' folder is looked at every so often; the rest is ours. */
const limitMs = 5000 * patience;
const everyMs = 50;
/** All senders send at once: where processors are emulated, the last of their answers takes longer. */
const answerMs = 50 * patience;

/** From the first change of a round that is seen until its flows are looked after. */
const settleMs = 500 * patience;

/** A client that keeps sending from one socket. */
interface Sender {
  readonly title: string;
  readonly flow: Flow;
}

describe('a UDP client that keeps sending from one socket', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;
  let senders: readonly Sender[];

  before(async () => {
    world = await NetworkWorld.build({
      objects: [...service([])],
      agents: {
        'pod-a1': [],
        'pod-a2': endpointListeners(podAddress['pod-a2'], ['UDP']),
        'pod-b2': endpointListeners(podAddress['pod-b2'], ['UDP']),
        'node-a': [],
        outside: [],
      },
    });
    senders = await Promise.all(
      clients.flatMap((client) =>
        questions().map(async (question) => {
          const { flow } = await world.agent(client).open(question);
          return { title: `${client} to ${question.address} ${question.port}`, flow };
        }),
      ),
    );
  });
  after(() => world.remove());

  it('reaches the first endpoint of a Service', async () => {
    assert.deepEqual(await answersOf(senders, 300 * patience), everybody('refused'));
    await world.folder.put(service(['pod-a2']));
    await allReach('pod-a2');
  });

  it('reaches another endpoint when its own has gone', async () => {
    await world.folder.put(service(['pod-b2']));
    await allReach('pod-b2');
  });

  it('reaches an endpoint that is back, and whose answer came while it was gone', async () => {
    // What is to be deleted must not end by itself meanwhile.
    await inHost('node-a', 'echo 300 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout');
    await world.agent('pod-b2').pausedDuring(async () => {
      assert.deepEqual(await answersOf(senders, answerMs), everybody('silent'));
      await world.folder.put(service(['pod-a2']));
      await untilServedBy('pod-a2', 'pod-b2');
    });
    await delay(settleMs);
    await allReach('pod-a2');
    await world.folder.put(service(['pod-b2']));
    await allReach('pod-b2');
  });

  it('is refused when the last endpoint has gone', async () => {
    await world.folder.put(service([]));
    await allBecome('refused');
  });

  it('reaches the endpoint of a Service that is made anew', async () => {
    await world.folder.put(service(['pod-a2']));
    await allReach('pod-a2');
    // Another Service, so that this one really goes.
    await world.folder.put(
      serviceObjects({ name: 'other', number: 9, endpoints: [], protocols: ['UDP'] }),
    );
    await becomes((answers) => [...answers.values()].every((answer) => answer !== 'pod-a2'));
    await world.folder.put(service(['pod-b2']));
    await allReach('pod-b2');
  });

  it('complains of nothing meanwhile', () => {
    assert.deepEqual(world.program().complaints, []);
  });

  /** And until the flows of the one that went have been looked after, too. */
  async function untilServedBy(pod: PodName, gone: PodName): Promise<void> {
    const [added, deleted] = [pod, gone].map((name) => podAddress[name].IPv6);
    for (;;) {
      const shown = await inHost('node-a', 'ipvsadm -Ln');
      if (shown.includes(`[${added}]`) && !shown.includes(`[${deleted}]`)) {
        break;
      }
      await delay(everyMs);
    }
    await delay(settleMs);
  }

  function allReach(pod: PodName): Promise<void> {
    return allBecome(pod);
  }

  async function allBecome(expected: string): Promise<void> {
    const took = await becomes((answers) =>
      [...answers.values()].every((answer) => answer === expected),
    );
    console.log(`      all ${senders.length} after ${Math.round(took)} ms: ${expected}`);
  }

  /** All senders go on sending until what they get is right; after how many milliseconds. */
  async function becomes(
    isRight: (answers: ReadonlyMap<string, string>) => boolean,
  ): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      const answers = await answersOf(senders, answerMs);
      const elapsed = performance.now() - startedAt;
      if (isRight(answers)) {
        return elapsed;
      }
      assert.ok(elapsed < limitMs, `after ${elapsed} ms: ${JSON.stringify([...answers])}`);
      await delay(everyMs);
    }
  }

  function everybody(answer: string): ReadonlyMap<string, string> {
    return new Map(senders.map(({ title }) => [title, answer]));
  }
});

async function answersOf(
  senders: readonly Sender[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, string>> {
  return new Map(
    await Promise.all(
      senders.map(async ({ title, flow }) => {
        const outcome = await flow.again(timeoutMs);
        const answer = outcome.kind === 'answered' ? outcome.by : outcomeText(outcome);
        return [title, answer] as const;
      }),
    ),
  );
}

function service(pods: readonly ('pod-a2' | 'pod-b2')[]): readonly unknown[] {
  return serviceObjects({
    name: 'dns',
    number: 1,
    protocols: ['UDP'],
    endpoints: pods.map((pod) => ({
      addresses: podAddress[pod],
      nodeName: pod === 'pod-a2' ? 'node-a' : 'node-b',
    })),
  });
}

function questions(): readonly Question[] {
  return frontEndKinds.flatMap((kind) =>
    families.map((family): Question =>
      kind === 'node port'
        ? {
            protocol: 'UDP',
            address: nodeAddress['node-a'][family],
            port: nodePortOf(1, 'UDP'),
          }
        : { protocol: 'UDP', address: vipOf(kind, 1)[family], port: servicePort },
    ),
  );
}
