import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import {
  families,
  gatewayAddress,
  inHost,
  outsideAddress,
  podAddress,
  type Family,
} from '../support/network.ts';
import {
  serviceObjects,
  servicePort,
  vipOf,
  type NetworkService,
} from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { hasSctpFrontEnd, printFrontEnds } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import { outcomeText, type Flow, type Outcome, type TrafficProtocol } from '../support/traffic.ts';

const clients = ['pod-a1', 'node-a', 'outside'] as const;
const protocols = ['TCP', 'SCTP'] as const;
const kinds = ['cluster IP', 'external IP'] as const;
/** TCP sends again after 1, 3 and 7 s, SCTP after 3 and 9 s (RFC 6298, RFC 9260). */
const connectMs = 12_000 * patience;
const limitMs = 10_000 * patience;
/** From the first change of a round that is seen until its flows are looked after. */
const settleMs = 1000 * patience;

/** Who connects to what from one port. */
interface Connector {
  readonly client: (typeof clients)[number];
  readonly protocol: TrafficProtocol;
  readonly family: Family;
  readonly kind: (typeof kinds)[number];
  readonly sourcePort: number;
}

describe('a client whose first packet came before a change', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;
  let established: readonly Flow[] = [];

  before(async () => {
    world = await NetworkWorld.build({
      objects: serviceObjects(service({ name: 'steady', number: 2, endpoints: here })),
      agents: {
        'pod-a1': [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'pod-b2': endpointListeners(podAddress['pod-b2']),
        'node-a': [],
        outside: [],
      },
    });
    await swallowWhatComesBack();
  });
  after(() => world.remove());

  it('connects from the same port when the Service comes', async () => {
    const waiting = connectors(2000).map((each) => connect(each, 1));
    await delay(300);
    await put(service({ endpoints: elsewhere }));
    assert.deepEqual(await failuresOf(waiting), []);
    established = await Promise.all(
      settledConnectors().map(async (each) => (await open(each, 1)).flow),
    );
  });

  it('is refused when the last endpoint goes, and connects from the same port to the next one', async () => {
    const refusedAtFirst = connectors(4000);
    await put(service({ endpoints: [] }));
    await until(async () => (await ask(connectors(5000)[0], 1)).kind === 'refused');
    const before = await Promise.all(refusedAtFirst.map((each) => connect(each, 1)));
    assert.deepEqual(
      before.filter(([, { kind }]) => kind !== 'refused'),
      [],
    );
    await put(service({ endpoints: elsewhere }));
    await until(async () => (await ask(connectors(6000)[0], 1)).kind === 'answered');
    await delay(settleMs);
    assert.deepEqual(await failuresOf(refusedAtFirst.map((each) => connect(each, 1))), []);
  });

  it('is masqueraded or not by the policy that comes while it waits', async () => {
    const changing = [
      { number: 1, before: 'Cluster', policy: 'Local', sources: outsideAddress },
      { number: 3, before: 'Local', policy: 'Cluster', sources: gatewayAddress['node-a'] },
    ] as const;
    const putPolicies = async (which: 'before' | 'policy'): Promise<void> => {
      await put(
        ...changing.map(({ number, ...policies }) =>
          service({
            number,
            name: nameOf(number),
            endpoints: here,
            externalPolicy: policies[which],
          }),
        ),
      );
      for (const { number, ...policies } of changing) {
        await until(() => isInSets(policies[which] === 'Local' ? 'local' : 'external', number));
      }
      await delay(settleMs);
    };
    await putPolicies('before');
    await letPodAnswer(false);
    const waiting = changing.map(({ number }) =>
      connectors(7000 + 100 * number)
        .filter(({ client, kind }) => client === 'outside' && kind === 'external IP')
        .map((each) => connect(each, number)),
    );
    await delay(300);
    await putPolicies('policy');
    await letPodAnswer(true);
    for (const [index, { policy, sources }] of changing.entries()) {
      const outcomes = await Promise.all(waiting[index] ?? []);
      assert.equal(outcomes.length, protocols.length * families.length);
      assert.deepEqual(
        outcomes.map(([, outcome]) => outcomeText(outcome)),
        outcomes.map(([{ family }]) => `pod-a2 saw ${sources[family]}`),
        policy,
      );
    }
  });

  it('is none of those whose connections were established: these live on', async () => {
    assert.equal(established.length, settledConnectors().length);
    const flows = settledConnectors().map(async (each, index) => {
      const outcome = await established[index]?.again();
      assert.ok(outcome);
      return [each, outcome] as const;
    });
    assert.deepEqual(await failuresOf(flows), []);
  });

  function put(...changing: readonly NetworkService[]): Promise<void> {
    const steady = service({ name: 'steady', number: 2, endpoints: here });
    return world.folder.put([steady, ...changing].flatMap(serviceObjects));
  }

  async function connect(each: Connector, number: number) {
    return [each, await ask(each, number)] as const;
  }

  function ask(each: Connector | undefined, number: number): Promise<Outcome> {
    assert.ok(each);
    return world.agent(each.client).ask(questionOf(each, number));
  }

  function open(each: Connector, number: number) {
    return world.agent(each.client).open(questionOf(each, number));
  }

  async function letPodAnswer(answers: boolean): Promise<void> {
    const change = answers ? '-D' : '-I';
    await inHost(
      'pod-a2',
      `for program in ${iptables} ${ip6tables}; do
         for protocol in tcp sctp; do $program ${change} INPUT -p $protocol -j DROP; done
       done`,
    );
  }

  async function isInSets(role: 'external' | 'local', number: number): Promise<boolean> {
    const printed = await inHost('node-a', printFrontEnds(role));
    return families.every((family) =>
      hasSctpFrontEnd(printed, vipOf('external IP', number)[family]),
    );
  }
});

function service(about: Partial<NetworkService>): NetworkService {
  return { name: nameOf(1), number: 1, protocols, endpoints: [], ...about };
}

function nameOf(number: number): string {
  return `changing-${number}`;
}

const here = [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }] as const;
/** Its answers to a client from outside come back only where that was masqueraded. */
const elsewhere = [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }] as const;

function connectors(firstPort: number): readonly Connector[] {
  let sourcePort = firstPort;
  return clients.flatMap((client) =>
    protocols.flatMap((protocol) =>
      families.flatMap((family) =>
        kinds.map((kind) => ({ client, protocol, family, kind, sourcePort: sourcePort++ })),
      ),
    ),
  );
}

/**
 * Those whose connections stay. An SCTP association of the node has all of its addresses; to one of them
 * the Pod sends a heartbeat that IPVS knows nothing of, and the node aborts.
 */
function settledConnectors(): readonly Connector[] {
  return connectors(3000).filter(
    ({ client, protocol }) => client !== 'node-a' || protocol !== 'SCTP',
  );
}

function questionOf({ protocol, family, kind, sourcePort }: Connector, number: number) {
  const address = vipOf(kind, number)[family];
  return { protocol, address, port: servicePort, sourcePort, timeoutMs: connectMs };
}

async function failuresOf(
  waiting: readonly Promise<readonly [Connector, Outcome]>[],
): Promise<readonly string[]> {
  return (await Promise.all(waiting)).flatMap(([{ client, protocol, family, kind }, outcome]) =>
    outcome.kind === 'answered'
      ? []
      : [`${client} to the ${kind} over ${protocol} and ${family}: ${outcomeText(outcome)}`],
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await condition())) {
    assert.ok(performance.now() - startedAt < limitMs);
    await delay(100);
  }
}

/** As a provider's network does: what a node sends to a VIP that it does not hold is lost. */
async function swallowWhatComesBack(): Promise<void> {
  await inHost(
    'router',
    `for range in 10.96.0.0/12 203.0.113.0/24; do ip rule add iif node-a to $range blackhole; done
     for range in fd00:96::/32 2001:db8:203::/64; do ip -6 rule add iif node-a to $range blackhole; done`,
  );
}
