import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { NodeAddressListener } from '../kernel/vip-link/node-address-watch.ts';
import type { ProxyHealth } from '../serve/health/proxy-health.ts';
import type { OperatorLog } from './kernel-state.ts';
import { kernelTrouble } from './node-trouble-texts.ts';
import type { OngoingTroubles } from './ongoing-troubles.ts';

const nodeAddresses = 'the addresses of the node';
const changes = 'changes of the addresses of the node';

/** How health and the log hear whether the addresses of the node can be read and followed. */
export function nodeAddressNews(
  health: ProxyHealth,
  troubles: OngoingTroubles,
  log: OperatorLog,
  nodeTroubles: NodeTroubles,
): Pick<NodeAddressListener, 'read' | 'unreadable' | 'followed' | 'unfollowed'> {
  const tell = (subject: string, verb: 'read' | 'followed', error: Error): void => {
    nodeTroubles.begin(subject, kernelTrouble(error, subject));
    if (troubles.continues(subject, error.message)) {
      log.error(`${subject} cannot be ${verb}: ${error.message}`);
    }
  };
  return {
    read: () => {
      nodeTroubles.end(nodeAddresses);
      health.works(nodeAddresses);
      if (troubles.ends(nodeAddresses)) {
        log.info('the addresses of the node can be read again');
      }
    },
    unreadable: (error) => {
      health.fails(nodeAddresses);
      tell(nodeAddresses, 'read', error);
    },
    followed: () => {
      nodeTroubles.end(changes);
      troubles.ends(changes);
    },
    // No matter of health: the addresses are read from time to time all the same.
    unfollowed: (error) => {
      tell(changes, 'followed', error);
    },
  };
}
