import { join } from 'node:path';
import type { AddressOperation } from '../../../src/kernel/vip-link/messages.ts';
import { objectKey } from '../../../src/cluster/objects.ts';
import type { SetOperation } from '../../../src/kernel/ipset/model.ts';
import { oneByOne, type Operation } from '../../../src/kernel/ipvs/model.ts';
import { memberKey } from '../../../src/kernel/packet-filter/iptables/member-key.ts';
import { setOfMember } from '../../../src/kernel/packet-filter/iptables/sets.ts';
import { virtualServerDifference } from '../../../src/kernel/ipvs/virtual-server-difference.ts';
import { readManifests } from '../../../src/source/manifests/read-manifests.ts';
import type { MergedManifests } from '../../../src/source/manifests/merge-manifests.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import { usualDefaults } from '../../../src/translate/annotations/annotation.ts';
import { noOutliers } from '../../../src/outliers/outliers.ts';
import {
  translateService,
  type TranslationSettings,
} from '../../../src/translate/translate-service.ts';
import { nodeName } from '../synthetic-cluster.ts';

/** The files that probes of a first sync start from, in the folder that `run-probe.ts` fills. */
export interface InputFiles {
  /** For `ipvsadm --restore`. */
  readonly restoreFile: string;
  /** The cluster as Kubernetes objects. */
  readonly manifests: string;
}

export function inputFiles(folder: string): InputFiles {
  return {
    restoreFile: join(folder, 'restore.txt'),
    manifests: join(folder, 'manifests'),
  };
}

export const translationSettings: TranslationSettings = {
  ...usualDefaults,
  externalIPs: undefined,
  loadBalancerIPs: undefined,
  protectedRanges: [],
};

/** Throws where the manifests are not sound: then nothing that is measured would count. */
export async function readCluster(folder: string): Promise<MergedManifests> {
  const cluster = await readManifests(inputFiles(folder).manifests, nodeName);
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
  const place: NodeFacts = {
    nodeName,
    zone: cluster.node?.zone,
    allNodeAddresses: [],
    nodeAddresses: new Set(),
    nodePortAddresses: [],
    missingSchedulers: new Set(),
    isVip: () => false,
    serviceAt: () => undefined,
    ownerOf: () => undefined,
    nodeWeight: () => undefined,
    outliersOf: () => noOutliers,
    markOf: () => undefined,
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

/** All that fills an empty kernel with the cluster, by kind. */
export interface Operations {
  readonly entries: readonly SetOperation[];
  readonly virtualServers: readonly Operation[];
  readonly addresses: readonly AddressOperation[];
}

export async function readOperations(folder: string): Promise<Operations> {
  const translations = [...translateCluster(await readCluster(folder)).values()];
  const rows = translations.flatMap(({ virtualServers }) => virtualServers);
  const members = [...translations, ...rows].flatMap((owner) => owner.members);
  const addresses = translations.flatMap(({ boundAddresses }) => boundAddresses);
  return {
    // Port ranges, which would be entries of several sets, the cluster has none of.
    entries: unique(members, memberKey).flatMap((member): SetOperation[] => {
      const { entry } = member;
      return entry.kind === 'port ranges'
        ? []
        : [{ kind: 'add entry', set: setOfMember(member), entry }];
    }),
    virtualServers: rows.flatMap((row) =>
      virtualServerDifference(row, undefined).additions.flatMap(oneByOne),
    ),
    addresses: unique(addresses, ({ text }) => text).map((address) => ({ kind: 'bind', address })),
  };
}

/** Throws where the kernel has refused something. */
export function requireSuccess(failures: readonly (Error | undefined)[]): void {
  const failed = failures.filter((failure) => failure !== undefined);
  if (failed[0] !== undefined) {
    throw new Error(`${failed.length} changes failed, the first: ${failed[0].message}`);
  }
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
