import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { GoldenShape } from '../../src/cli/golden-shape.ts';
import type { Parsed } from '../../src/cluster/fields.ts';
import type { ObjectKey } from '../../src/cluster/objects.ts';
import { parseEndpointSlice } from '../../src/cluster/parse-endpoint-slice.ts';
import { parseNode } from '../../src/cluster/parse-node.ts';
import { parseService } from '../../src/cluster/parse-service.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { healthCheckAnswer } from '../../src/serve/health/health-check-answer.ts';
import { formatProblem } from '../../src/base/problem.ts';
import { ServiceTranslator, type TranslatorOptions } from '../../src/desired/service-translator.ts';
import type { HealthCheck } from '../../src/translate/desired.ts';
import { isScheduler } from '../../src/kernel/ipvs/schedulers.ts';
import { usualDefaults } from '../../src/translate/annotations/annotation.ts';
import { ip } from './cluster-objects.ts';
import { MemoryTables } from './memory-tables.ts';

/** What kube-proxy left in a real kernel for a set of objects; see the README beside the cases. */
export interface GoldenCase {
  readonly name: string;
  readonly about: string;
  readonly config: { readonly scheduler?: string } & Readonly<Record<string, unknown>>;
  readonly objects: readonly GoldenObject[];
  readonly expected: GoldenShape & { readonly healthCheckNodePorts?: GoldenHealthChecks };
}

/** What a GET of each health-check node port answers, by the port. */
export type GoldenHealthChecks = Readonly<Record<string, unknown>>;

/** Of what is expected, that which this program answers for. */
export interface GoldenExpectation extends GoldenShape {
  readonly healthCheckNodePorts: GoldenHealthChecks;
}

/** The parsers read the rest. */
export interface GoldenObject {
  readonly kind: string;
}

/** A row of the table of cases in the documentation. */
export interface GoldenRow {
  readonly name: string;
  readonly about: string;
  readonly state: 'holds' | 'differs';
}

const shared =
  process.env['KUBE_IPVS_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared');

/** Where the cases are looked for. */
export const goldenFolder = join(shared, 'golden');

/** The node that all cases are about, with the addresses of its links. */
const nodeName = 'node-a';
export const goldenNodeAddresses = ['192.0.2.10', '2001:db8::10', '198.18.0.5'].map(ip);

/** All cases by name; undefined where the folder is missing. */
export function loadGoldenCases(): readonly GoldenCase[] | undefined {
  if (!existsSync(goldenFolder)) {
    return undefined;
  }
  return readdirSync(goldenFolder)
    .filter((file) => file.endsWith('.json') && file !== 'node.json')
    .toSorted()
    .map((file) => readJson(file) as GoldenCase); // the form that the README there describes
}

/** The Node object that all cases are about, as the API server has it. */
export function goldenNode(): unknown {
  return readJson('node.json');
}

/** What this program makes of the objects of a case. */
export function translateCase(golden: GoldenCase): GoldenExpectation {
  const cluster = readCase(golden);
  return { ...cluster.shape, healthCheckNodePorts: cluster.healthCheckNodePorts };
}

/** The part of what is expected that `translateCase` answers with. */
export function expectedOf({ expected }: GoldenCase): GoldenExpectation {
  const { virtualServers, boundAddresses, healthCheckNodePorts = {} } = expected;
  return { virtualServers, boundAddresses, healthCheckNodePorts };
}

/** The table of cases, for the documentation. */
export function goldenRows(cases: readonly GoldenCase[]): readonly GoldenRow[] {
  return cases.map((golden) => ({
    name: golden.name,
    about: golden.about,
    state: isDeepStrictEqual(translateCase(golden), expectedOf(golden)) ? 'holds' : 'differs',
  }));
}

function readCase(golden: GoldenCase): {
  readonly shape: GoldenShape;
  readonly healthCheckNodePorts: GoldenHealthChecks;
} {
  const store = new ClusterStore();
  putCase(store, golden);
  const tables = new MemoryTables();
  const healthChecks = new Map<ObjectKey, HealthCheck>();
  const translator = new ServiceTranslator(store, tables.desired, optionsOf(golden), {
    problem: (problem) => {
      throw new Error(`a problem in ${golden.name}: ${formatProblem(problem)}`);
    },
    mistake: (_service, error) => {
      throw error;
    },
    healthCheck: (service, check) => {
      if (check !== undefined) {
        healthChecks.set(service, check);
      }
    },
  });
  translator.nodeAddressesChanged(goldenNodeAddresses);
  translator.everythingChanged();
  translator.translate();
  return {
    shape: tables.shape(),
    healthCheckNodePorts: Object.fromEntries(Array.from(healthChecks, answerAt)),
  };
}

/** Puts the objects of a case, and the Node that all are about, where they are translated from. */
export function putCase(store: ClusterStore, golden: GoldenCase): void {
  store.setNode(valueOf(parseNode(goldenNode())));
  for (const object of golden.objects) {
    putObject(store, object);
  }
}

/** What the configuration of a case says, for the translation. */
export function optionsOf({ name, config }: GoldenCase): TranslatorOptions {
  const { scheduler = 'rr', ...others } = config;
  if (!isScheduler(scheduler) || Object.keys(others).length > 0) {
    throw new Error(`${name}: a setting that no case has had before: ${JSON.stringify(config)}`);
  }
  return {
    nodeName,
    nodePortAddresses: { kind: 'all' },
    translation: {
      ...usualDefaults,
      scheduler,
      externalIPs: undefined,
      loadBalancerIPs: undefined,
      protectedRanges: [],
    },
  };
}

/** The answer of a healthy proxy, as the README beside the cases has it. */
function answerAt([service, check]: readonly [ObjectKey, HealthCheck]): [string, unknown] {
  const [namespace = '', name = ''] = service.split('/');
  const { status, headers, body } = healthCheckAnswer({ namespace, name }, check, true);
  const weight = headers['X-Load-Balancing-Endpoint-Weight'];
  return [String(check.nodePort), { status, body: JSON.parse(body) as unknown, weight }];
}

function putObject(store: ClusterStore, object: GoldenObject): void {
  switch (object.kind) {
    case 'Service': {
      const service = valueOf(parseService(object));
      if (service !== undefined) {
        store.setService(service);
      }
      return;
    }
    case 'EndpointSlice': {
      const slice = valueOf(parseEndpointSlice(object));
      if (slice !== undefined) {
        store.setSlice(slice);
      }
      return;
    }
    default:
      throw new Error(`a kind that no case has had before: ${object.kind}`);
  }
}

/** The API server accepted all objects of the cases: nothing about them is a problem. */
function valueOf<T>({ value, problems }: Parsed<T>): T | undefined {
  if (problems.length > 0) {
    throw new Error(`problems in a golden object: ${JSON.stringify(problems)}`);
  }
  return value;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(goldenFolder, file), 'utf8'));
}
