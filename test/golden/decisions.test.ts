import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectKey, type ObjectKey } from '../../src/cluster/objects.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { KnownNodeFacts } from '../../src/desired/known-node-facts.ts';
import { withClaims } from '../../src/desired/claimed-front-ends.ts';
import { DesiredState, ServiceClaims } from '../../src/desired/desired-state.ts';
import { PlaceMap } from '../../src/reconcile/place-map.ts';
import type { Decision } from '../../src/translate/decisions.ts';
import { describeDecision } from '../../src/translate/describe-decision.ts';
import type { NodeFacts } from '../../src/translate/node-facts.ts';
import { noOutliers } from '../../src/outliers/outliers.ts';
import { translateService } from '../../src/translate/translate-service.ts';
import { RememberedDecisions, usedAtFrontEnds } from '../support/decisions.ts';
import {
  goldenFolder,
  goldenNodeAddresses,
  loadGoldenCases,
  optionsOf,
  putCase,
  type GoldenCase,
} from '../support/golden.ts';

/** `UPDATE=1` writes them anew; read each difference before it is committed. */
const folder = join(import.meta.dirname, 'decisions');
const isUpdate = process.env['UPDATE'] === '1';

type DecisionsByService = ReadonlyMap<ObjectKey, readonly Decision[]>;

/** What is decided about each Service of a case, with what the Services are to each other. */
function decisionsOf(golden: GoldenCase): DecisionsByService {
  const store = new ClusterStore();
  putCase(store, golden);
  const desired = new DesiredState(new PlaceMap(), new PlaceMap());
  const { translation, ...options } = optionsOf(golden);
  const node = new KnownNodeFacts(options.nodeName, options.nodePortAddresses, {
    isVip: ({ text }) => desired.isVip(text),
    serviceAt: ({ text }) => desired.serviceAt(text),
    ownerOf: () => undefined,
    nodeWeight: () => undefined,
    outliersOf: () => noOutliers,
    markOf: () => undefined,
  });
  node.setNode(store.node);
  node.setNodeAddresses(goldenNodeAddresses);
  const place: NodeFacts = node.current;
  const keys = [...store.serviceKeys()].toSorted();
  for (const key of keys) {
    const service = store.service(key);
    if (service !== undefined) {
      const rows = translateService(service, store.slices(key), place, translation);
      desired.replace(new ServiceClaims(key), service.createdAt, rows);
    }
  }
  return new Map(
    keys.map((key) => {
      const decisions = new RememberedDecisions();
      const service = store.service(key);
      assert.ok(service !== undefined && objectKey(service) === key);
      translateService(service, store.slices(key), place, translation, decisions);
      return [key, decisions.all.flatMap((decision) => withClaims(decision, key, desired))];
    }),
  );
}

function inLines({ about }: GoldenCase, decisions: DecisionsByService): string {
  const services = Array.from(
    decisions,
    ([key, all]) =>
      `Service ${key}\n${all.map((each) => `  ${describeDecision(each)}\n`).join('')}`,
  );
  return `# ${about}\n\n${services.join('\n')}`;
}

describe('what is decided about a cluster, and why', () => {
  const cases = loadGoldenCases();
  if (cases === undefined) {
    it('the decisions of the golden cases', function () {
      console.warn(
        `SKIPPED: there are no golden cases in ${goldenFolder}; set KUBE_IPVS_SHARED to the folder above`,
      );
      this.skip();
    });
    return;
  }

  for (const golden of cases) {
    const file = join(folder, `${golden.name}.txt`);

    it(`${golden.name}: reads as in test/golden/decisions`, () => {
      const lines = inLines(golden, decisionsOf(golden));
      if (isUpdate) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(file, lines);
      }
      assert.equal(lines, readFileSync(file, 'utf8'));
    });

    it(`${golden.name}: each real server of kube-proxy is used, and no other endpoint`, () => {
      const expected = golden.expected.virtualServers.map(({ protocol, address, realServers }) => [
        `${protocol} ${address}`,
        realServers.map((realServer) => realServer.address).toSorted(),
      ]);
      const used = [...decisionsOf(golden).values()].flatMap(usedAtFrontEnds);
      assert.deepEqual(Object.fromEntries(used), Object.fromEntries(expected));
    });

    it(`${golden.name}: each address that kube-proxy binds is bound, and no other`, () => {
      const bound = [...decisionsOf(golden).values()]
        .flat()
        .flatMap((decision) =>
          decision.about === 'address' && decision.fate.kind === 'bound'
            ? [decision.address.hostPrefix]
            : [],
        );
      assert.deepEqual([...new Set(bound)].toSorted(), golden.expected.boundAddresses.toSorted());
    });
  }

  it('is written down for each case, and for nothing else', () => {
    assert.deepEqual(
      readdirSync(folder).toSorted(),
      cases.map(({ name }) => `${name}.txt`).toSorted(),
    );
  });
});
