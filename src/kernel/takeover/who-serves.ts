import { isObject } from '../../cluster/fields.ts';
import type { Served, ServedEndpoint, ServedReading } from './readings.ts';

/** Who answers at the addresses of the configuration. */
export type WhoServes =
  | { readonly kind: 'kube-ipvs' }
  /** `mode` where it says it; also a program that has kube-proxy in it, such as k3s. */
  | { readonly kind: 'kube-proxy'; readonly mode: string | undefined }
  /** What answers is neither of them; which endpoint. */
  | { readonly kind: 'another program'; readonly endpoint: ServedEndpoint }
  | { readonly kind: 'nobody' };

export interface Answers {
  readonly readyz: ServedReading;
  readonly healthz: ServedReading;
  readonly metrics: ServedReading;
  readonly proxyMode: ServedReading;
}

/** Asks, and judges by the answers. */
export async function whoServes(readers: Served): Promise<WhoServes> {
  return judgeAnswers(await askAll(readers));
}

/** Asks for all that tells them apart. */
export async function askAll(readers: Served): Promise<Answers> {
  return {
    readyz: await readers.served('health', '/readyz'),
    healthz: await readers.served('health', '/healthz'),
    metrics: await readers.served('metrics', '/metrics'),
    proxyMode: await readers.served('metrics', '/proxyMode'),
  };
}

/**
 * Both serve `/healthz` with the same fields and metrics that begin with `kubeproxy_`; `/readyz` and
 * metrics of its own has kube-ipvs alone. Pure.
 */
export function judgeAnswers({ readyz, healthz, metrics, proxyMode }: Answers): WhoServes {
  const metricsText = bodyOf(metrics);
  if (hasField(readyz, 'waitingFor') || metricsText.includes('kube_ipvs_')) {
    return { kind: 'kube-ipvs' };
  }
  if (hasField(healthz, 'lastUpdated') || metricsText.includes('kubeproxy_')) {
    return { kind: 'kube-proxy', mode: modeOf(proxyMode) };
  }
  if (healthz.kind === 'answered' || readyz.kind === 'answered') {
    return { kind: 'another program', endpoint: 'health' };
  }
  return metrics.kind === 'answered'
    ? { kind: 'another program', endpoint: 'metrics' }
    : { kind: 'nobody' };
}

/**
 * The endpoints at which a kube-proxy answers, and its mode where it says it: one of the two may have been
 * taken by kube-ipvs before. Pure.
 */
export function kubeProxyAt({ readyz, healthz, metrics, proxyMode }: Answers): {
  readonly endpoints: readonly ServedEndpoint[];
  readonly mode: string | undefined;
} {
  const metricsText = bodyOf(metrics);
  const atHealth = hasField(healthz, 'lastUpdated') && !hasField(readyz, 'waitingFor');
  const atMetrics = metricsText.includes('kubeproxy_') && !metricsText.includes('kube_ipvs_');
  return {
    endpoints: [
      ...(atHealth ? (['health'] as const) : []),
      ...(atMetrics ? (['metrics'] as const) : []),
    ],
    mode: atMetrics ? modeOf(proxyMode) : undefined,
  };
}

/** A field of the answer, where that is an object of JSON. Pure. */
export function fieldOf(reading: ServedReading, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(bodyOf(reading));
    return isObject(parsed) ? parsed[name] : undefined;
  } catch {
    return undefined;
  }
}

function modeOf(reading: ServedReading): string | undefined {
  const mode = bodyOf(reading);
  return /^\w{1,20}$/.test(mode) ? mode : undefined;
}

function hasField(reading: ServedReading, name: string): boolean {
  return fieldOf(reading, name) !== undefined;
}

function bodyOf(reading: ServedReading): string {
  return reading.kind === 'answered' && reading.status !== 404 ? reading.body : '';
}
