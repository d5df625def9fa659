import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { asError } from '../../base/as-error.ts';
import { wallClockMs } from '../../base/time/wall-clock.ts';
import { isObject } from '../../cluster/fields.ts';
import { parseJson } from '../../source/api-server/api-error.ts';
import { messageOf } from '../../source/api-server/failure.ts';
import { HttpTransport } from '../../source/api-server/http-transport.ts';
import { loadKubeConfig } from '../../source/api-server/kube-config.ts';
import { readText, type ApiResponse } from '../../source/api-server/transport.ts';
import type { ApiReader, ApiVersionReading, Permission, PermissionReading } from '../readers.ts';

/** How long one request may take, in milliseconds. */
const timeoutMs = 5000;

export interface ApiOptions {
  readonly kubeconfig: string | undefined;
  readonly apiServer: string | undefined;
  /** The cluster is read from files. */
  readonly manifests: string | undefined;
}

/** What the API server is asked with; the rest of the program's transport will do. */
export type ApiTransport = Pick<HttpTransport, 'get' | 'post' | 'close'>;

/** Opens what asks the API server, where there is one to be asked. Never rejects. */
export async function openApiReader(
  options: ApiOptions,
): Promise<{ readonly api: ApiReader; close(): void }> {
  const why = whyNot(options);
  if (why !== undefined) {
    return { api: { kind: 'not asked', why }, close: () => undefined };
  }
  try {
    const { kubeconfig: file, apiServer: server } = options;
    const config = await loadKubeConfig({ file, server });
    const transport = new HttpTransport(config);
    return {
      api: apiReader(config.getCurrentCluster()?.server ?? '', transport),
      close: () => {
        transport.close();
      },
    };
  } catch (error) {
    const failed = { kind: 'failed', reason: asError(error).message } as const;
    return {
      api: {
        kind: 'asked',
        server: options.apiServer ?? options.kubeconfig ?? 'the API server',
        version: () => Promise.resolve(failed),
        userName: () => Promise.resolve(undefined),
        may: () => Promise.resolve({ kind: 'not told', reason: failed.reason }),
      },
      close: () => undefined,
    };
  }
}

/** Why no API server is asked; without a kubeconfig the library would try localhost:8080. */
function whyNot({ kubeconfig, apiServer, manifests }: ApiOptions): string | undefined {
  if (manifests !== undefined) {
    return 'the cluster is read from files (--manifests)';
  }
  const isNamed =
    kubeconfig !== undefined ||
    apiServer !== undefined ||
    process.env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    process.env['KUBECONFIG'] !== undefined ||
    existsSync(join(homedir(), '.kube/config'));
  return isNamed ? undefined : 'no kubeconfig was given, and there is none of kubectl';
}

/** Asks over a transport. */
export function apiReader(server: string, transport: ApiTransport): ApiReader & { kind: 'asked' } {
  let version: Promise<ApiVersionReading> | undefined;
  return {
    kind: 'asked',
    server,
    version: () => (version ??= readVersion(transport)),
    userName: () => readUserName(transport),
    may: (permission) => review(transport, permission),
  };
}

async function readVersion(transport: ApiTransport): Promise<ApiVersionReading> {
  const startedMs = wallClockMs();
  try {
    const response = await transport.get('/version', AbortSignal.timeout(timeoutMs));
    const endedMs = wallClockMs();
    const answer = await objectOf(response);
    if (response.status === 401) {
      return { kind: 'failed', reason: 'the credentials are not accepted (401)' };
    }
    const version = answer?.['gitVersion'];
    const serverTimeMs = response.date === undefined ? Number.NaN : Date.parse(response.date);
    return {
      kind: 'answered',
      // A server may tell its version to some alone; that it answers is what counts.
      version: typeof version === 'string' ? version : 'of an unknown version',
      serverTimeMs: Number.isNaN(serverTimeMs) ? undefined : serverTimeMs,
      ourTimeMs: (startedMs + endedMs) / 2,
      tookMs: endedMs - startedMs,
    };
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}

/** Known to servers of Kubernetes 1.28 and later. */
async function readUserName(transport: ApiTransport): Promise<string | undefined> {
  try {
    const answer = await post(transport, 'authentication.k8s.io', 'SelfSubjectReview', {});
    const info = answer.object?.['status'];
    const user = isObject(info) ? info['userInfo'] : undefined;
    const name = isObject(user) ? user['username'] : undefined;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

async function review(
  transport: ApiTransport,
  { group, resource, verb }: Permission,
): Promise<PermissionReading> {
  try {
    const spec = { resourceAttributes: { group, resource, verb } };
    const answer = await post(transport, 'authorization.k8s.io', 'SelfSubjectAccessReview', spec);
    const status = answer.object?.['status'];
    const isAllowed = isObject(status) ? status['allowed'] : undefined;
    if (typeof isAllowed === 'boolean') {
      return { kind: isAllowed ? 'allowed' : 'denied' };
    }
    const message = answer.object?.['message'];
    return {
      kind: 'not told',
      reason: typeof message === 'string' ? message : `status ${answer.status}`,
    };
  } catch (error) {
    return { kind: 'not told', reason: messageOf(error) };
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Asks the server what it thinks of us; nothing is kept there of such a review. */
async function post(
  transport: ApiTransport,
  group: string,
  kind: string,
  spec: object,
): Promise<{ readonly status: number; readonly object: JsonObject | undefined }> {
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const object = { apiVersion: `${group}/v1`, kind, spec };
  const response = await transport.post(path, object, AbortSignal.timeout(timeoutMs));
  return { status: response.status, object: await objectOf(response) };
}

async function objectOf(response: ApiResponse): Promise<JsonObject | undefined> {
  const parsed = parseJson(await readText(response));
  return isObject(parsed) ? parsed : undefined;
}
