import assert from 'node:assert/strict';
import {
  families,
  inHost,
  nodeAddress,
  outsideAddress,
  podAddress,
  type Family,
  type HostName,
} from '../support/network.ts';
import { vipOf, type FrontEndKind } from '../support/network-services.ts';
import { NetworkWorld } from '../support/network-world.ts';
import { runOnNode } from '../support/network-program.ts';
import { hasFilter, printFilters } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import {
  allRangeServices,
  numbers,
  rangeListeners,
  rangePorts,
  rangeService,
  sharedAddress,
} from '../support/port-range-services.ts';
import { outcomeText, type Outcome, type TrafficProtocol } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const clients = ['pod-a1', 'pod-b1', 'node-a', 'outside'] as const;
type Client = (typeof clients)[number];
type VipKind = Exclude<FrontEndKind, 'node port'>;
const vipKinds: readonly VipKind[] = ['cluster IP', 'load-balancer IP', 'external IP'];
const endpoints: readonly string[] = ['pod-a2', 'pod-b2'];

interface Asked {
  readonly client: Client;
  readonly kind: VipKind;
  readonly family: Family;
  readonly protocol: TrafficProtocol;
  readonly port: number;
}

describe('port ranges', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: allRangeServices(),
      nodes: ['node-a', 'node-b'],
      agents: {
        ...{ 'pod-a1': [], 'pod-b1': [], 'node-a': [], outside: [] },
        'pod-a2': rangeListeners('pod-a2'),
        'pod-b2': rangeListeners('pod-b2'),
      },
    });
  });
  after(() => world.remove());

  for (const client of clients) {
    it(`answer ${client} at the port that it has chosen, at all addresses of the Service`, async () => {
      await each('calls', [client], vipKinds, (asked, outcome) => {
        assert.ok(
          outcome.kind === 'answered' && endpoints.includes(outcome.by),
          text(asked, outcome),
        );
        const isClient = outcome.seen === addressOf(client, asked.family);
        // To a cluster IP Pods come with their own address; all else is masqueraded.
        const comesAsItIs = asked.kind === 'cluster IP' && client.startsWith('pod');
        assert.ok(client === 'node-a' || isClient === comesAsItIs, text(asked, outcome));
      });
    });

    it(`answer ${client} at all ports of an address`, async () => {
      await each(
        'everything',
        [client],
        ['load-balancer IP', 'external IP'],
        (asked, outcome) => {
          assert.ok(outcome.kind === 'answered' && outcome.by === 'pod-b2', text(asked, outcome));
        },
        [...rangePorts.udp, ...rangePorts.other],
        [...rangePorts.tcp, ...rangePorts.other],
      );
    });

    it(`refuse ${client} where the Service has no endpoint`, async () => {
      await each('empty', [client], vipKinds, (asked, outcome) => {
        assert.equal(outcome.kind, 'refused', text(asked, outcome));
      });
    });
  }

  it('refuse what is outside of them', async () => {
    await each(
      'calls',
      clients,
      vipKinds,
      (asked, outcome) => {
        assert.equal(outcome.kind, 'refused', text(asked, outcome));
      },
      [9999, 20_001],
      [5059, 5062],
    );
  });

  it('keep the address of a client with policy Local, and its endpoint on this node', async () => {
    await each('local', ['outside'], ['load-balancer IP', 'external IP'], (asked, outcome) => {
      assert.equal(outcomeText(outcome), `pod-a2 saw ${outsideAddress[asked.family]}`);
    });
  });

  it('leave a port of the spec within them to its own virtual server', async () => {
    const atPort = async (port: number) => {
      await each(
        'inside',
        ['pod-a1', 'outside'],
        ['load-balancer IP'],
        (asked, outcome) => {
          assert.equal(outcome.kind, 'answered', text(asked, outcome));
        },
        [port],
        [],
      );
    };
    await atPort(12_000);
    await atPort(13_000);
    // The target port of 12,000 is another one, as ipvsadm shows it.
    const table = await inHost('node-a', 'ipvsadm -Ln');
    assert.match(table, /UDP {2}203\.0\.113\.4:12000 rr\n {2}-> 10\.244\.\d\.12:8080/);
  });

  it('are only where the Service wants them', async () => {
    await each('narrow', ['pod-a1', 'outside'], vipKinds, (asked, outcome) => {
      assert.equal(
        outcome.kind,
        asked.kind === 'external IP' ? 'answered' : 'refused',
        text(asked, outcome),
      );
    });
  });

  it('let in whom the source ranges of a load balancer admit, and nobody else', async () => {
    await each('guarded', ['pod-b1', 'outside'], ['load-balancer IP'], (asked, outcome) => {
      const isAdmitted = asked.client === 'pod-b1';
      assert.equal(outcome.kind, isAdmitted ? 'answered' : 'silent', text(asked, outcome));
    });
    await each('guarded', ['outside'], ['external IP'], (asked, outcome) => {
      assert.equal(outcome.kind, 'answered', text(asked, outcome));
    });
  });

  it('keep a client with one Pod over all ports and protocols, those of the spec too', async () => {
    for (const client of clients) {
      for (const family of families) {
        const reached = new Set<string>();
        const note = (_: Asked, outcome: Outcome) => {
          reached.add(outcome.kind === 'answered' ? outcome.by : outcome.kind);
        };
        const udp = rangePorts.udp;
        await each(
          'sticky',
          [client],
          ['load-balancer IP'],
          note,
          udp,
          [5060, 5061, 8080],
          [family],
        );
        assert.equal(reached.size, 1, `${client} ${family}: ${[...reached].join(', ')}`);
      }
    }
  });

  it('that two Services claim are those of the older one, and the others of the younger', async () => {
    const by = async (port: number): Promise<string> => {
      const question = { protocol: 'UDP', address: sharedAddress.IPv4, port } as const;
      const outcome = await world.ask('outside', question, { targetPort: port });
      return outcomeText(outcome).split(' ')[0] ?? '';
    };
    assert.deepEqual([await by(10_000), await by(13_000)], ['pod-a2', 'pod-a2']);
    assert.deepEqual([await by(16_000), await by(20_000)], ['pod-b2', 'pod-b2']);
    const told = world.program().messages.filter((message) => message.includes('12000-15000/UDP'));
    assert.match(
      told.join('\n'),
      /Service default\/younger.*already owned by Service default\/older/,
    );
  });

  it('are explained as packets meet them', async () => {
    assert.deepEqual(await world.disagreements(), []);
  });

  it('let calls go on while their Pod drains, and lead new ones elsewhere', async () => {
    const address = vipOf('load-balancer IP', numbers.calls).IPv4;
    const questions = [
      { protocol: 'UDP', address, port: 13_000 },
      { protocol: 'TCP', address, port: 5060 },
    ] as const;
    const agent = world.agent('outside');
    const open = await Promise.all(
      questions.flatMap((question) => [agent.open(question), agent.open(question)]),
    );
    const byBefore = open.map(({ outcome }) => outcomeText(outcome));
    await world.folder.put([
      ...rangeService('calls', ['pod-b2']),
      ...allRangeServices().filter((object) => !namesOf(object).startsWith('calls')),
    ]);
    await until('pod-b2 drains', async () =>
      /-> 10\.244\.2\.12:0 +Masq +0 /.test(await inHost('node-a', 'ipvsadm -Ln')),
    );
    const after = await Promise.all(open.map(async ({ flow }) => outcomeText(await flow.again())));
    assert.deepEqual(after, byBefore);
    assert.ok(
      byBefore.some((text) => text.startsWith('pod-b2')),
      byBefore.join(', '),
    );
    for (const question of questions) {
      for (let count = 0; count < 4; count += 1) {
        assert.match(outcomeText(await agent.ask(question)), /^pod-a2 /);
      }
    }
  });

  it('keep their marks over a restart, whatever else has gone meanwhile', async () => {
    const before = await marksOf();
    await world.stopProgram('node-a');
    await world.folder.put(
      allRangeServices().filter((object) => !/^(calls|local)/.test(namesOf(object))),
    );
    await world.startProgram('node-a');
    await until('the two Services are gone', async () => {
      const marks = await marksOf();
      return [...marks].every((mark) => before.has(mark)) && marks.size < before.size;
    });
  });

  it('leave no mark behind when everything is cleaned up', async () => {
    await world.stopProgram('node-a');
    await runOnNode('node-a', ['cleanup']);
    assert.equal(await inHost('node-a', 'ipvsadm -Sn'), '');
    const left = await inHost('node-a', printFilters);
    assert.equal(hasFilter('iptables', left) || hasFilter('nftables', left), false, left);
  });

  /** The marks and what they lead to, as ipvsadm shows them. */
  async function marksOf(): Promise<ReadonlySet<string>> {
    const lines = (await inHost('node-a', 'ipvsadm -Sn')).split('\n');
    return new Set(lines.filter((line) => line.startsWith('-A -f')));
  }

  async function each(
    service: keyof typeof numbers,
    from: readonly Client[],
    kinds: readonly VipKind[],
    check: (asked: Asked, outcome: Outcome) => void,
    udp: readonly number[] = [10_000, 16_000, 20_000],
    tcp: readonly number[] = [5060, 5061],
    of: readonly Family[] = families,
  ): Promise<void> {
    const all = from.flatMap((client) =>
      kinds.flatMap((kind) =>
        of.flatMap((family) => [
          ...udp.map((port) => ({ client, kind, family, protocol: 'UDP' as const, port })),
          ...tcp.map((port) => ({ client, kind, family, protocol: 'TCP' as const, port })),
        ]),
      ),
    );
    const outcomes = await Promise.all(
      all.map((asked) => {
        const address = vipOf(asked.kind, numbers[service])[asked.family];
        const question = { protocol: asked.protocol, address, port: asked.port };
        return world.ask(asked.client, question, {
          targetPort: service === 'inside' && asked.port === 12_000 ? 8080 : asked.port,
          isOneOfSeveral: true,
        });
      }),
    );
    all.forEach((asked, index) => {
      const outcome = outcomes[index];
      assert.ok(outcome);
      check(asked, outcome);
    });
  }
});

function text({ client, kind, family, protocol, port }: Asked, outcome: Outcome): string {
  return `${client} to ${kind} ${family} ${protocol} ${port}: ${outcomeText(outcome)}`;
}

function addressOf(host: HostName, family: Family): string {
  switch (host) {
    case 'pod-a1':
    case 'pod-b1':
      return podAddress[host][family];
    case 'node-a':
      return nodeAddress[host][family];
    default:
      return outsideAddress[family];
  }
}

function namesOf(object: unknown): string {
  // Whatever stands in the manifests has one.
  return (object as { readonly metadata: { readonly name: string } }).metadata.name;
}
