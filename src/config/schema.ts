import convict from 'convict';
import { fallbackScheduler, schedulers } from '../translate/scheduler.ts';
import { parseGoDuration } from './go-duration.ts';

/**
 * The fields of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) that are
 * honoured, at their own places in the file.
 */
export const schema = {
  mode: {
    doc: 'The proxy mode; this program is the ipvs mode.',
    format: ['', 'ipvs'],
    default: '',
  },
  hostnameOverride: {
    doc: 'The name of the Node, where it is not the host name.',
    format: String,
    default: '',
  },
  clientConnection: {
    kubeconfig: {
      doc: 'Path of a kubeconfig; empty for the credentials of the Pod.',
      format: String,
      default: '',
    },
  },
  ipvs: {
    scheduler: {
      doc: 'The scheduler of Services that choose none; empty for rr.',
      format: ['', ...schedulers],
      default: '',
    },
    syncPeriod: {
      doc: 'How often the kernel is read anew and drift repaired; 0s for 30s.',
      format: 'go-duration',
      default: '30s',
    },
  },
} as const;

/** What an empty `ipvs.scheduler` means. */
export const defaultScheduler = fallbackScheduler;

convict.addFormat({
  name: 'go-duration',
  validate(value: unknown): void {
    if (typeof value !== 'string' || parseGoDuration(value) === undefined) {
      throw new TypeError('must be a duration such as 30s, 1m or 0s');
    }
  },
});
