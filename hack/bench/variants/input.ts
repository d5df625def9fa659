import { join } from 'node:path';
import type { Operation } from '../../../src/ipvs/model.ts';
import { virtualServerDifference } from '../../../src/reconcile/virtual-server-difference.ts';
import { objectKey } from '../../../src/cluster/objects.ts';
import { readManifests } from '../../../src/source/manifests/read-manifests.ts';
import type { MergedManifests } from '../../../src/source/manifests/merge-manifests.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import type { Place } from '../../../src/translate/place.ts';
import {
  translateService,
  type TranslationSettings,
} from '../../../src/translate/translate-service.ts';
import { nodeName } from '../synthetic-cluster.ts';

/** The files that every variant starts from, in the folder that main.ts of the kernel fills. */
export interface InputFolder {
  /** For `ipvsadm --restore`. */
  readonly restoreFile: string;
  /** The cluster as Kubernetes objects. */
  readonly manifests: string;
  /** The built program. */
  readonly program: string;
}

export function inputFolder(folder: string): InputFolder {
  return {
    restoreFile: join(folder, 'restore.txt'),
    manifests: join(folder, 'manifests'),
    program: join(folder, 'dist', 'kube-ipvs.js'),
  };
}

export const translationSettings: TranslationSettings = {
  scheduler: 'rr',
  drainTimeoutMs: undefined,
  externalIPs: undefined,
};

/** Raises where the manifests are not sound: then nothing that is measured would count. */
export async function readCluster(folder: InputFolder): Promise<MergedManifests> {
  const cluster = await readManifests(folder.manifests, nodeName);
  if (cluster.problems.length > 0) {
    throw new Error(`the synthetic cluster has ${cluster.problems.length} problems`);
  }
  return cluster;
}

/** What each Service of the cluster becomes. */
export function translateCluster(cluster: MergedManifests): Map<string, Translation> {
  const slices = new Map(
    cluster.slices.map((slice) => [
      objectKey({ namespace: slice.namespace, name: slice.serviceName }),
      slice,
    ]),
  );
  const place: Place = {
    nodeName,
    zone: cluster.node?.zone,
    allNodeAddresses: [],
    nodeAddresses: new Set(),
    nodePortAddresses: [],
    missingSchedulers: new Set(),
    isVip: () => false,
  };
  return new Map(
    cluster.services.map((service) => {
      const key = objectKey(service);
      const slice = slices.get(key);
      const own = slice === undefined ? [] : [slice];
      return [key, translateService(service, own, place, translationSettings)];
    }),
  );
}

/** The operations that fill an empty kernel with the cluster. */
export async function readOperations(folder: InputFolder): Promise<Operation[]> {
  const translations = translateCluster(await readCluster(folder));
  return [...translations.values()].flatMap(({ virtualServers }) =>
    virtualServers.flatMap((row) =>
      virtualServerDifference(row, undefined).additions.flatMap(oneByOne),
    ),
  );
}

/** An operation for each message. */
function oneByOne(operation: Operation): readonly Operation[] {
  if (operation.kind !== 'add virtual server') {
    return [operation];
  }
  const { kind, id, settings, realServers } = operation;
  return [
    { kind, id, settings },
    ...Array.from(realServers?.values() ?? [], (realServer): Operation => ({
      kind: 'add real server',
      id,
      realServer,
    })),
  ];
}

/** Raises where the kernel has refused something. */
export function requireSuccess(failures: readonly (Error | undefined)[]): void {
  const failed = failures.filter((failure) => failure !== undefined);
  if (failed[0] !== undefined) {
    throw new Error(`${failed.length} changes failed, the first: ${failed[0].message}`);
  }
}
