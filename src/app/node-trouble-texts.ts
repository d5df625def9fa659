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

/** The kernel cannot be read. */
export function kernelTrouble({ message }: Error): NodeTrouble {
  return {
    object: 'kernel',
    reason: 'KernelUnreadable',
    text: `the kernel could not be read: ${message}`,
    advice: 'see what the text names (kube-ipvs doctor looks closer); it is tried again by itself',
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
