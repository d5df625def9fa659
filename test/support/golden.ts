import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { toGoldenShape, type GoldenShape } from '../../src/cli/golden-shape.ts';
import type { Parsed } from '../../src/cluster/fields.ts';
import { parseEndpointSlice } from '../../src/cluster/parse-endpoint-slice.ts';
import { parseNode } from '../../src/cluster/parse-node.ts';
import { parseService } from '../../src/cluster/parse-service.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { isScheduler } from '../../src/translate/scheduler.ts';
import { translateService } from '../../src/translate/translate-service.ts';

/** What kube-proxy left in a real kernel for a set of objects; see the README beside the cases. */
export interface GoldenCase {
  readonly name: string;
  readonly about: string;
  readonly config: { readonly scheduler?: string };
  readonly objects: readonly GoldenObject[];
  readonly expected: GoldenShape;
}

/** As much of an object as the choice of cases looks at; the rest goes to the parsers. */
export interface GoldenObject {
  readonly kind: string;
  readonly spec?: {
    readonly ports?: readonly { readonly nodePort?: number }[];
    readonly externalIPs?: readonly string[];
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly healthCheckNodePort?: number;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
  };
}

/** A row of the table of cases in the documentation. */
export interface GoldenRow {
  readonly name: string;
  readonly about: string;
  /** `holds`, `differs`, or what the case waits for: `waits for: node ports`. */
  readonly state: string;
}

const shared =
  process.env['KUBE_IPVS_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared');

/** Where the cases are looked for. */
export const goldenFolder = join(shared, 'golden');

/** The node that all cases are about. */
const nodeName = 'node-a';

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

/** What a case may need that this program does not do yet, and how its objects show that. */
const notYet: Readonly<Record<string, (object: GoldenObject) => boolean>> = {
  'node ports': ({ spec }) => some(spec?.ports, ({ nodePort }) => nodePort !== undefined),
  'external IPs': ({ spec }) => some(spec?.externalIPs, () => true),
  'load-balancer IPs': ({ status }) =>
    some(status?.loadBalancer?.ingress, ({ ip }) => ip !== undefined),
  'source ranges': ({ spec }) => some(spec?.loadBalancerSourceRanges, () => true),
  'health check node ports': ({ spec }) => spec?.healthCheckNodePort !== undefined,
};

/** What the case needs that this program does not do yet; empty where it can be checked. */
export function waitsFor({ config, objects }: GoldenCase): readonly string[] {
  const ofObjects = Object.entries(notYet).filter(([, isNeededBy]) => objects.some(isNeededBy));
  const settings = Object.keys(config).filter((name) => name !== 'scheduler');
  return [...ofObjects.map(([what]) => what), ...settings.map((name) => `the setting ${name}`)];
}

function some<T>(list: readonly T[] | undefined, accepts: (element: T) => boolean): boolean {
  return list?.some(accepts) === true;
}

/** The Node object that all cases are about, as the API server has it. */
export function goldenNode(): unknown {
  return readJson('node.json');
}

/** What this program makes of the objects of a case. */
export function translateCase(golden: GoldenCase): GoldenShape {
  const store = new ClusterStore();
  store.setNode(valueOf(parseNode(goldenNode())));
  for (const object of golden.objects) {
    putObject(store, object);
  }
  const scheduler = golden.config.scheduler ?? 'rr';
  if (!isScheduler(scheduler)) {
    throw new Error(`${golden.name}: unknown scheduler in its configuration: ${scheduler}`);
  }
  const place = { nodeName, zone: store.node?.zone };
  const translations = [...store.serviceKeys()].map((key) => {
    const service = store.service(key);
    return service === undefined
      ? undefined
      : translateService(service, store.slices(key), place, { scheduler });
  });
  return toGoldenShape(
    translations.flatMap((translation) => translation?.virtualServers ?? []),
    translations.flatMap((translation) => translation?.boundAddresses ?? []),
  );
}

/** The part of what is expected that `translateCase` answers with. */
export function expectedShape({ expected }: GoldenCase): GoldenShape {
  const { virtualServers, boundAddresses } = expected;
  return { virtualServers, boundAddresses };
}

/** The table of cases, for the documentation. */
export function goldenRows(cases: readonly GoldenCase[]): readonly GoldenRow[] {
  return cases.map((golden) => ({
    name: golden.name,
    about: golden.about,
    state: stateOf(golden),
  }));
}

function stateOf(golden: GoldenCase): string {
  const needs = waitsFor(golden);
  if (needs.length > 0) {
    return `waits for: ${needs.join(', ')}`;
  }
  return isDeepStrictEqual(translateCase(golden), expectedShape(golden)) ? 'holds' : 'differs';
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
