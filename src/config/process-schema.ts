import type { SchemaOf } from './field.ts';
import type { ProcessValues } from './values.ts';

/** Fields about the process itself. */
export const processSchema: SchemaOf<ProcessValues> = {
  mode: {
    doc: 'The proxy mode. Another mode than these is an error, unless the command line says `--proxy-mode=ipvs`.',
    format: 'proxy-mode',
    default: '',
    defaultText: '`""`, the same as `ipvs`',
    unit: '`""` or `ipvs`',
    change: 'restart',
  },
  hostnameOverride: {
    doc: 'The name of this Node. Blanks around it are removed, and it is put into lower case.',
    format: 'text',
    default: '',
    defaultText: 'the host name',
    unit: 'text',
    change: 'restart',
  },
  clientConnection: {
    kubeconfig: {
      doc: 'The API server and its credentials.',
      format: 'text',
      default: '',
      defaultText: 'the credentials of the Pod',
      unit: 'path',
      change: 'restart',
    },
  },
  bindAddress: {
    doc: 'Nothing is bound to it, as with kube-proxy: an IPv6 address here only makes the defaults of the next two fields `[::]:10256` and `[::1]:10249`.',
    format: 'ip-address',
    default: '0.0.0.0',
    unit: 'IP address',
    change: 'restart',
  },
  healthzBindAddress: {
    doc: 'Where `/healthz`, `/livez` and `/readyz` are served. Without a port, the default port is used; port 0 turns the server off.',
    format: 'bind-address',
    default: '',
    defaultText: '`0.0.0.0:10256`',
    unit: 'IP address and port',
    change: 'restart',
  },
  metricsBindAddress: {
    doc: 'Where `/metrics` is served. Without a port, the default port is used; port 0 turns the server off.',
    format: 'bind-address',
    default: '',
    defaultText: '`127.0.0.1:10249`',
    unit: 'IP address and port',
    change: 'restart',
  },
  bindAddressHardFail: {
    doc: '`true`: the process ends when one of these two servers cannot be bound; `false`: it tries again, and everything else runs.',
    format: 'truth',
    default: false,
    unit: 'true or false',
    change: 'restart',
  },
  oomScoreAdj: {
    doc: 'How readily the kernel kills this process when memory runs out (`/proc/self/oom_score_adj`).',
    format: 'oom-score',
    default: -999,
    unit: '-1000 (never) to 1000',
    change: 'live',
  },
  logging: {
    verbosity: {
      doc: 'What is logged, where neither `--v` nor `--log-level` says it: 0 to 3 info, 4 and 5 debug, from 6 on trace.',
      format: 'count',
      default: 0,
      unit: 'number',
      change: 'live',
    },
  },
};
