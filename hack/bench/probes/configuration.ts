import { nodeName } from '../synthetic-cluster.ts';

/**
 * The defaults, but for the size of the connection table: only the first network namespace of a
 * machine may set that.
 */
export const configuration = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  hostnameOverride: nodeName,
  conntrack: { maxPerCore: 0 },
} as const;
