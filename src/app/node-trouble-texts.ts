import type { ObjectKey } from '../cluster/objects.ts';
import type { NodeTrouble } from '../inspect/node-troubles.ts';

/** The changed configuration is refused. */
export function configurationTrouble(message: string): NodeTrouble {
  return {
    object: 'configuration',
    reason: 'ConfigurationRefused',
    text: message,
    advice: 'correct the field that the text names; the file is read again when it changes',
  };
}

/** The kernel cannot be read, or something of it. */
export function kernelTrouble({ message }: Error, what = 'the kernel'): NodeTrouble {
  return {
    object: 'kernel',
    reason: 'KernelUnreadable',
    text: `${what} cannot be read: ${message}`,
    advice: 'see what the text names (kube-ipvs doctor looks closer); it is tried again by itself',
  };
}

/** A health-check node port cannot be listened on. */
export function healthCheckTrouble(service: ObjectKey, port: number, text: string): NodeTrouble {
  return {
    object: `Service ${service}`,
    service,
    reason: 'HealthCheckPortUnavailable',
    text,
    advice: `see who has the port on this node (ss -ltnp 'sport = :${port}'); it is tried again by itself, and the load balancer takes this node for unhealthy until then`,
  };
}

/** An address of this program cannot be listened on. */
export function addressTrouble({ message }: Error): NodeTrouble {
  return {
    object: 'address',
    reason: 'AddressUnavailable',
    text: message,
    advice: 'see who has the port (ss -ltnp); it is tried again by itself',
  };
}
