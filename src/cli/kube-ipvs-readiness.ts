import type { ServedReading } from '../kernel/takeover/readings.ts';
import { fieldOf } from '../kernel/takeover/who-serves.ts';

/** What the kube-ipvs that runs on this node says of itself. */
export type Readiness =
  | { readonly kind: 'ready' }
  /** `why` is a part of a sentence. */
  | { readonly kind: 'not ready'; readonly why: string }
  | { readonly kind: 'not running'; readonly why: string };

/** By the answer to `/readyz`, which a kube-proxy does not have. Pure. */
export function judgeReadiness(readyz: ServedReading): Readiness {
  switch (readyz.kind) {
    case 'off':
      return { kind: 'not running', why: 'healthzBindAddress of the configuration is off' };
    case 'closed':
      return { kind: 'not running', why: `nobody answers: ${readyz.reason}` };
    case 'answered': {
      const waitingFor = fieldOf(readyz, 'waitingFor');
      if (!Array.isArray(waitingFor)) {
        return { kind: 'not running', why: 'another program answers at its port' };
      }
      return readyz.status === 200
        ? { kind: 'ready' }
        : {
            kind: 'not ready',
            why:
              waitingFor.length === 0
                ? 'it has not synced yet'
                : `it waits for ${waitingFor.map(String).join(', ')}`,
          };
    }
  }
}
