/** Raw Kubernetes objects, as an API server would send them, for tests to vary. */
type Raw = Record<string, unknown>;

export function rawService(name: string, spec: Raw = {}, metadata: Raw = {}): Raw {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', ...metadata },
    spec: {
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
      ...spec,
    },
  };
}

export function rawSlice(
  name: string,
  serviceName: string,
  fields: Raw = {},
  metadata: Raw = {},
): Raw {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': serviceName },
      ...metadata,
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.1'], nodeName: 'node-b' }],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ...fields,
  };
}

export function rawNode(name: string, labels: Raw = {}): Raw {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}
