import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { iptables, ip6tables } from '../support/iptables-variant.ts';
import { parseIpvsadm } from '../support/ipvsadm.ts';
import { becomes } from '../support/kernel-table.ts';
import { families, inHost, podAddress, type Family, type PodName } from '../support/network.ts';
import { serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';
import type { TrafficProtocol } from '../support/traffic.ts';

const pods = ['pod-a2', 'pod-b1', 'pod-b2'] as const;
const failing = 'pod-b1';

interface FrontEnd {
  readonly protocol: TrafficProtocol;
  readonly family: Family;
}

const frontEnds: readonly FrontEnd[] = allProtocols.flatMap((protocol) =>
  families.map((family) => ({ protocol, family })),
);

/** Between two questions to one front end, in milliseconds: three Pods get a third each. */
const everyMs = 250;

/** A client gives up so soon, in milliseconds: after it has sent a SYN once more. */
const clientMs = 2000;

/** As where its node is gone: not even its kernel sends anything. */
const dies = `for program in ${iptables} ${ip6tables}; do
  $program -w -A OUTPUT -j DROP; $program -w -A INPUT -j DROP; done`;

for (const { what, fail, ejectedIn } of [
  {
    what: 'answers nothing',
    fail: async () => {
      await inHost(failing, dies);
    },
    ejectedIn: frontEnds,
  },
  {
    what: 'refuses',
    fail: (world: NetworkWorld) => world.agent(failing).stop(),
    // An ICMP error may be as long as an answer of UDP.
    ejectedIn: frontEnds.filter(({ protocol }) => protocol !== 'UDP'),
  },
]) {
  describe(`a Pod on another node that ${what}`, function () {
    this.timeout(120_000 * patience);
    let world: NetworkWorld;
    let questions: Questions;
    let failedAtMs = 0;

    before(async () => {
      world = await NetworkWorld.build({
        objects: serviceObjects({
          name: 'web',
          number: 1,
          endpoints: [
            { addresses: podAddress['pod-a2'], nodeName: 'node-a' },
            { addresses: podAddress['pod-b1'], nodeName: 'node-b' },
            { addresses: podAddress['pod-b2'], nodeName: 'node-b' },
          ],
          annotations: { 'kube-ipvs.io/outlier-ejection': 'true,udp' },
        }),
        agents: {
          'pod-a1': [],
          'pod-a2': endpointListeners(podAddress['pod-a2']),
          'pod-b1': endpointListeners(podAddress['pod-b1']),
          'pod-b2': endpointListeners(podAddress['pod-b2']),
        },
      });
      questions = new Questions(world);
      await becomes(() => questions.answeredEverywhere, true);
      await fail(world);
      failedAtMs = performance.now();
    });
    after(async () => {
      await questions.stop();
      await world.remove();
    });

    for (const frontEnd of ejectedIn) {
      it(`is ejected over ${nameOf(frontEnd)}`, async () => {
        await becomes(async () => (await weights(frontEnd))[failing], 0, 30_000);
        console.log(`        after ${((performance.now() - failedAtMs) / 1000).toFixed(1)} s`);
      });
    }

    it('gets no new connections then, and the others do', async () => {
      const beganAtMs = performance.now();
      await delay(4000);
      for (const frontEnd of ejectedIn) {
        const later = questions.of(frontEnd).filter((one) => one.beganAtMs >= beganAtMs);
        assert.ok(later.length > 0);
        assert.deepEqual(
          later.filter(({ by }) => by === undefined),
          [],
          nameOf(frontEnd),
        );
      }
    });

    it('leaves the others as they are', async () => {
      for (const frontEnd of frontEnds) {
        const { [failing]: ofFailing, ...others } = await weights(frontEnd);
        assert.deepEqual(others, { 'pod-a2': 1, 'pod-b2': 1 });
        assert.equal(ofFailing, ejectedIn.includes(frontEnd) ? 0 : 1, nameOf(frontEnd));
      }
    });
  });
}

interface Asked {
  readonly beganAtMs: number;
  /** Who has answered. */
  readonly by: string | undefined;
}

/** What a Pod asks all front ends, over and over. */
class Questions {
  readonly #world: NetworkWorld;
  readonly #asked = new Map<FrontEnd, Asked[]>(frontEnds.map((frontEnd) => [frontEnd, []]));
  readonly #running = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(world: NetworkWorld) {
    this.#world = world;
    this.#timer = setInterval(() => {
      for (const frontEnd of frontEnds) {
        const asked = this.#ask(frontEnd).finally(() => this.#running.delete(asked));
        this.#running.add(asked);
      }
    }, everyMs);
  }

  of(frontEnd: FrontEnd): readonly Asked[] {
    return this.#asked.get(frontEnd) ?? [];
  }

  /** Whether each Pod has answered at each front end. */
  get answeredEverywhere(): boolean {
    return frontEnds.every(
      (frontEnd) => new Set(this.of(frontEnd).flatMap(({ by }) => by ?? [])).size === pods.length,
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  async #ask(frontEnd: FrontEnd): Promise<void> {
    const { protocol, family } = frontEnd;
    const beganAtMs = performance.now();
    const outcome = await this.#world.agent('pod-a1').ask({
      protocol,
      address: vipOf('cluster IP', 1)[family],
      port: servicePort,
      timeoutMs: clientMs,
    });
    const by = outcome.kind === 'answered' ? outcome.by : undefined;
    this.#asked.get(frontEnd)?.push({ beganAtMs, by });
  }
}

function nameOf({ protocol, family }: FrontEnd): string {
  return `${protocol} and ${family}`;
}

/** The weights at the cluster IP, on the node of the client. */
async function weights({
  protocol,
  family,
}: FrontEnd): Promise<Readonly<Partial<Record<PodName, number>>>> {
  const vip = vipOf('cluster IP', 1)[family];
  const address = family === 'IPv4' ? `${vip}:${servicePort}` : `[${vip}]:${servicePort}`;
  const table = parseIpvsadm(await inHost('node-a', 'ipvsadm -Sn'));
  const found = table.find((each) => each.protocol === protocol && each.address === address);
  return Object.fromEntries(
    pods.map((pod) => [
      pod,
      found?.realServers.find((each) => each.address.includes(podAddress[pod][family]))?.weight,
    ]),
  );
}
