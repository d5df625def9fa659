import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const repository = join(import.meta.dirname, '../..');
export const configFolder = join(repository, 'config');

/** What the tests read of a container of the DaemonSet. */
export interface DeployedContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: {
    readonly privileged: boolean;
    readonly runAsUser: number;
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
  };
  readonly ports?: unknown;
  readonly resources: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

export interface DeployedPod {
  readonly serviceAccountName: string;
  readonly hostNetwork: boolean;
  readonly dnsPolicy: string;
  readonly priorityClassName: string;
  readonly terminationGracePeriodSeconds: number;
  readonly tolerations: readonly unknown[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly securityContext: unknown;
  readonly containers: readonly DeployedContainer[];
  readonly initContainers?: readonly DeployedContainer[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string; readonly optional?: boolean };
    readonly hostPath?: { readonly path: string; readonly type?: string };
  }[];
}

export interface DeployedDaemonSet {
  readonly kind: 'DaemonSet';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly updateStrategy: unknown;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: DeployedPod;
    };
  };
}

/** Any object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface DeployedConfigMap extends ManifestObject {
  readonly data: Readonly<Record<string, string>>;
}

export interface DeployedClusterRole extends ManifestObject {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

export interface DeployedClusterRoleBinding extends ManifestObject {
  readonly roleRef: unknown;
  readonly subjects: readonly unknown[];
}

interface Kinds {
  readonly DaemonSet: DeployedDaemonSet;
  readonly ConfigMap: DeployedConfigMap;
  readonly ClusterRole: DeployedClusterRole;
  readonly ClusterRoleBinding: DeployedClusterRoleBinding;
  readonly ServiceAccount: ManifestObject;
}

/** The one object of a file below config/, which is of the kind given. */
export function readManifest<Kind extends keyof Kinds>(kind: Kind, file: string): Kinds[Kind] {
  // The tests of the schema check every manifest against the API's own types.
  const object = parse(readFileSync(join(configFolder, file), 'utf8')) as Kinds[Kind];
  if (object.kind !== kind) {
    throw new Error(`${file} is a ${object.kind}, not a ${kind}`);
  }
  return object;
}

/** The objects of a text with several documents. */
export function readObjects(text: string): readonly ManifestObject[] {
  // As above.
  return parseAllDocuments(text).map((document) => document.toJS() as ManifestObject);
}

export const baseDaemonSet = readManifest('DaemonSet', 'base/daemon-set.yaml');

/** The only container of a Pod. */
export function programOf({ containers }: DeployedPod): DeployedContainer {
  const [container, ...others] = containers;
  if (container === undefined || others.length > 0) {
    throw new Error(`the Pod has ${containers.length} containers instead of one`);
  }
  return container;
}
