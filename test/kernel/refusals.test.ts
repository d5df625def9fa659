import assert from 'node:assert/strict';
import { families, nodeAddress, podAddress, type Family } from '../support/network.ts';
import {
  frontEndKinds,
  nodePortOf,
  serviceObjects,
  servicePort,
  vipOf,
  type FrontEndKind,
} from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { outcomeText, type Question, type TrafficProtocol } from '../support/traffic.ts';

const empty = 1;
const elsewhere = 2;
/** Less than the second after which a client sends again what was not answered. */
const atOnceMs = 800;

describe('a Service that cannot be reached', function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    const endpoint = { addresses: podAddress['pod-b2'], nodeName: 'node-b' } as const;
    world = await NetworkWorld.build({
      objects: [
        ...serviceObjects({ name: 'empty', number: empty, endpoints: [] }),
        ...serviceObjects({
          name: 'elsewhere',
          number: elsewhere,
          externalPolicy: 'Local',
          endpoints: [endpoint],
        }),
      ],
      agents: {
        'pod-a1': [],
        'node-a': [],
        outside: [],
        'pod-b2': endpointListeners(podAddress['pod-b2']),
      },
    });
  });
  after(() => world.remove());

  for (const client of ['pod-a1', 'node-a', 'outside'] as const) {
    it(`refuses ${client} at once where it has no endpoints`, async () => {
      const rows: string[] = [];
      for (const question of questions(empty, frontEndKinds)) {
        // One after the other: the time is of one alone.
        const outcome = await world.ask(client, question);
        rows.push(`${titleOf(question)} ${outcomeText(outcome)} after ${outcome.ms} ms`);
        assert.ok(outcome.kind === 'refused' && outcome.ms < atOnceMs, rows.at(-1));
      }
      console.log(rows.map((row) => `      ${client}: ${row}`).join('\n'));
    });
  }

  it('refuses outside at once where the policy is Local and no endpoint is here', async () => {
    const kinds = frontEndKinds.filter((kind) => kind !== 'cluster IP');
    for (const question of questions(elsewhere, kinds)) {
      const outcome = await world.ask('outside', question);
      assert.ok(
        outcome.kind === 'refused' && outcome.ms < atOnceMs,
        `${titleOf(question)} ${outcomeText(outcome)} after ${outcome.ms} ms`,
      );
    }
  });

  for (const client of ['pod-a1', 'node-a'] as const) {
    it(`answers ${client} where the policy is Local and no endpoint is here`, async () => {
      for (const question of questions(elsewhere, frontEndKinds)) {
        const outcome = await world.ask(client, question);
        assert.equal(outcome.kind, 'answered', `${titleOf(question)} ${outcomeText(outcome)}`);
      }
    });
  }

  it('is what explain says', async () => {
    assert.deepEqual(await world.disagreements(), []);
  });
});

function questions(number: number, kinds: readonly FrontEndKind[]): readonly Question[] {
  return kinds.flatMap((kind) =>
    allProtocols.flatMap((protocol) =>
      families.map((family) => questionTo(kind, number, protocol, family)),
    ),
  );
}

function questionTo(
  kind: FrontEndKind,
  number: number,
  protocol: TrafficProtocol,
  family: Family,
): Question {
  return kind === 'node port'
    ? { protocol, address: nodeAddress['node-a'][family], port: nodePortOf(number, protocol) }
    : { protocol, address: vipOf(kind, number)[family], port: servicePort };
}

function titleOf({ protocol, address, port }: Question): string {
  return `${protocol} ${address} ${port}`;
}
