import assert from 'node:assert/strict';
import { ExplainedTraffic } from '../support/explained-traffic.ts';
import { buildNetwork, families, removeNetwork } from '../support/network.ts';
import { ManifestFolder, NodeProgram } from '../support/network-program.ts';
import { serviceObjects, targetPort } from '../support/network-services.ts';
import { patience } from '../support/patience.ts';
import {
  addressesOf,
  allCases,
  backends,
  clients,
  entryOf,
  expectationOf,
  legend,
  matrixServices,
  matrixTable,
  observationOf,
  protocols,
  questionOf,
  type Case,
  type Client,
  type MatrixResult,
} from '../support/traffic-matrix.ts';
import { outcomeText, TrafficAgent } from '../support/traffic.ts';

/** How many questions are under way at a time. */
const concurrency = 24;
const objects = matrixServices().flatMap(serviceObjects);
/** A refusal comes faster than any retransmission. */
const refusalMs = 500;

describe('the traffic matrix of two nodes', function () {
  this.timeout(180_000 * patience);
  let folder: ManifestFolder;
  let programs: readonly NodeProgram[] = [];
  const agents = new Map<string, TrafficAgent>();
  let results: readonly MatrixResult[];

  before(async () => {
    await buildNetwork();
    folder = await ManifestFolder.make(objects);
    programs = await Promise.all(
      (['node-a', 'node-b'] as const).map((node) => NodeProgram.start(node, folder)),
    );
    for (const host of new Set([...backends, ...clients])) {
      agents.set(host, await TrafficAgent.start(host, host === 'outside' ? [] : listenersOf(host)));
    }
    const startedAt = performance.now();
    results = await askLateOnesAlone(await askAll(allCases()));
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`\n${legend}\n\n${matrixTable(results)}\n`);
    console.log(`${results.length} questions in ${seconds.toFixed(1)} s`);
  });
  after(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    await folder.remove();
    await removeNetwork();
  });

  for (const client of clients) {
    for (const protocol of protocols) {
      for (const family of families) {
        it(`answers and refuses ${client} over ${protocol} and ${family} as it must`, () => {
          assert.deepEqual(differences(client, protocol, family), []);
        });
      }
    }
  }

  it('is what explain says: the verdict, the real servers and whose address they see', async () => {
    const explained = await ExplainedTraffic.of(objects, ['node-a', 'node-b']);
    const probes = results.map(({ test, outcome }) => ({
      client: test.client,
      entry: entryOf(test),
      question: questionOf(test),
      outcome,
    }));
    assert.deepEqual(explained.disagreements(probes), []);
  });

  it('complains of nothing meanwhile', () => {
    assert.deepEqual(
      programs.flatMap(({ complaints }) => complaints),
      [],
    );
  });

  function differences(client: Client, protocol: string, family: string): readonly string[] {
    return results
      .filter(
        ({ test }) =>
          test.client === client && test.protocol === protocol && test.family === family,
      )
      .flatMap(({ test, outcome }) => {
        const expected = expectationOf(test);
        const isRight = observationOf(test, outcome) === expected;
        return isRight && !isLate({ test, outcome })
          ? []
          : [`${caseText(test)}: ${outcomeText(outcome)} after ${outcome.ms} ms, not ${expected}`];
      });
  }

  async function askAll(cases: readonly Case[]): Promise<readonly MatrixResult[]> {
    const done: MatrixResult[] = [];
    const waiting = [...cases];
    const worker = async (): Promise<void> => {
      for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
        const agent = agents.get(test.client);
        assert.ok(agent);
        done.push({ test, outcome: await agent.ask(questionOf(test)) });
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return done;
  }

  /** Of questions that wait for each other the time says little: the answer without others counts. */
  async function askLateOnesAlone(
    asked: readonly MatrixResult[],
  ): Promise<readonly MatrixResult[]> {
    const final: MatrixResult[] = [];
    for (const result of asked) {
      final.push(...(isLate(result) ? await askAll([result.test]) : [result]));
    }
    return final;
  }
});

/** Whether what has to be refused took so long that it may have been sent once more. */
function isLate({ test, outcome }: MatrixResult): boolean {
  return expectationOf(test) === 'refused' && outcome.ms >= refusalMs;
}

function listenersOf(host: Exclude<Client, 'outside'> | (typeof backends)[number]) {
  return protocols.flatMap((protocol) =>
    Object.values(addressesOf(host)).map((address) => ({ protocol, address, port: targetPort })),
  );
}

function caseText({ frontEnd, policy, backend }: Case): string {
  return `${frontEnd} ${policy} to ${backend}`;
}
