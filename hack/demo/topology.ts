/** A backend of the Service: a network namespace with an HTTP server. */
export interface Pod {
  readonly name: string;
  readonly address: string;
  /** How long it takes for an answer, in milliseconds. */
  readonly delayMs: number;
}

export const webA: Pod = { name: 'web-a', address: '10.244.0.2', delayMs: 0 };
/** The busy one: without it lc, sed and nq would spread as rr does. */
export const webB: Pod = { name: 'web-b', address: '10.244.0.3', delayMs: 80 };
export const webC: Pod = { name: 'web-c', address: '10.244.0.4', delayMs: 0 };
export const pods: readonly Pod[] = [webA, webB, webC];

/** The network namespace from which all requests come; each address stands for one client. */
export const clientPod = 'client';
export const clientAddresses = ['10.244.0.11', '10.244.0.12', '10.244.0.13', '10.244.0.14'];

export const nodeName = 'node-a';
export const podPort = 8080;
export const vip = '10.96.0.10';
export const servicePort = 80;
