import { isObject } from '../cluster/fields.ts';
import type { NodeReaders, ServedReading } from './readers.ts';

/** Who answers at the addresses of the configuration. */
export type WhoServes =
  | { readonly kind: 'kube-ipvs' }
  /** `mode` where it says it; also a program that has kube-proxy in it, such as k3s. */
  | { readonly kind: 'kube-proxy'; readonly mode: string | undefined }
  /** What answers is neither of them; which endpoint. */
  | { readonly kind: 'another program'; readonly endpoint: 'health' | 'metrics' }
  | { readonly kind: 'nobody' };

export interface Answers {
  readonly readyz: ServedReading;
  readonly healthz: ServedReading;
  readonly metrics: ServedReading;
  readonly proxyMode: ServedReading;
}

/** Asks, and judges by the answers. */
export async function whoServes(readers: Pick<NodeReaders, 'served'>): Promise<WhoServes> {
  return judgeAnswers({
    readyz: await readers.served('health', '/readyz'),
    healthz: await readers.served('health', '/healthz'),
    metrics: await readers.served('metrics', '/metrics'),
    proxyMode: await readers.served('metrics', '/proxyMode'),
  });
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
    const mode = bodyOf(proxyMode);
    return { kind: 'kube-proxy', mode: /^\w{1,20}$/.test(mode) ? mode : undefined };
  }
  if (healthz.kind === 'answered' || readyz.kind === 'answered') {
    return { kind: 'another program', endpoint: 'health' };
  }
  return metrics.kind === 'answered'
    ? { kind: 'another program', endpoint: 'metrics' }
    : { kind: 'nobody' };
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

function hasField(reading: ServedReading, name: string): boolean {
  return fieldOf(reading, name) !== undefined;
}

function bodyOf(reading: ServedReading): string {
  return reading.kind === 'answered' && reading.status !== 404 ? reading.body : '';
}
