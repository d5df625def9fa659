import type { UnwantedFate } from './virtual-server-difference.ts';

/** Why a real server that is no longer wanted is treated as it is, as an operator reads it. */
export function describeUnwantedFate(fate: UnwantedFate): string {
  switch (fate) {
    case 'drain':
      return 'begins to drain: gets weight 0, and is deleted when its connections are over';
    case 'keep draining':
      return 'drains: its connections go on, and new ones go elsewhere';
    case 'delete: reset':
      return 'deleted at once: it does not answer, and its connections are reset';
    case 'delete: UDP':
      return 'deleted at once: UDP has no connections to wait for';
    case 'delete: no drain timeout':
      return 'deleted at once: the drain timeout is 0';
    case 'delete: drained':
      return 'deleted: no connections are left, or the drain timeout is over';
  }
}
