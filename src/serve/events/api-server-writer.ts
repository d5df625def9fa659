import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { abortable } from '../../base/abortable.ts';
import { eventBody, namespaceOf } from './event-body.ts';
import type { WriteEvent } from './event-recorder.ts';
import { wallClockMs } from '../../base/time/wall-clock.ts';

/** Hears how a request was answered: with an HTTP status, or not at all. */
export type Answered = (host: string, method: string, status: number | 'none') => void;

/** Writes Events to the API server that the configuration names. */
export function apiServerWriter(
  config: KubeConfig,
  nodeName: string,
  answered: Answered = () => undefined,
): WriteEvent {
  return async (event, signal) => {
    const path = `/apis/events.k8s.io/v1/namespaces/${namespaceOf(event)}/events`;
    const body = JSON.stringify(eventBody(event, nodeName, new Date(wallClockMs())));
    await post(config, path, body, signal, answered);
  };
}

async function post(
  config: KubeConfig,
  path: string,
  body: string,
  signal: AbortSignal,
  answered: Answered,
): Promise<void> {
  const { server = '', proxyUrl = '' } = config.getCurrentCluster() ?? {};
  const url = new URL(`${server.replace(/\/+$/, '')}${path}`);
  const options: https.RequestOptions = {
    method: 'POST',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'kube-ipvs',
    },
  };
  // An exec plugin may hang.
  await abortable(config.applyToHTTPSOptions(options), signal);
  // KubeConfig's agent keeps the certificate it was made with; a proxy needs that agent.
  const connection = proxyUrl === '' ? { agent: false } : {};
  const response = await send(url, { ...options, ...connection, signal }, body).catch(
    (error: unknown) => {
      answered(url.host, 'POST', 'none');
      throw error;
    },
  );
  const answer = await text(response);
  const { statusCode = 0 } = response;
  answered(url.host, 'POST', statusCode);
  if (statusCode < 200 || statusCode > 299) {
    throw new Error(`the API server answers ${statusCode}: ${messageOf(answer)}`);
  }
}

function send(
  url: URL,
  options: https.RequestOptions,
  body: string,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'http:' ? http : https;
    request(url, options, resolve).on('error', reject).end(body);
  });
}

/** What a Status object says, or the text itself. */
function messageOf(answer: string): string {
  try {
    const status: unknown = JSON.parse(answer);
    if (typeof status === 'object' && status !== null && 'message' in status) {
      return String(status.message);
    }
  } catch {
    // No Status: a proxy has answered.
  }
  return answer.slice(0, 200);
}
