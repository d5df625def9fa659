import { IptablesError, type Iptables } from './iptables.ts';

/**
 * All rules of a variant; none where it does not work on this node. Rejects with IptablesError where it is
 * busy: it may hold rules.
 */
export async function savedBy(iptables: Iptables): Promise<string> {
  try {
    return await iptables.save();
  } catch (error) {
    if (error instanceof IptablesError && error.failure !== 'busy') {
      return '';
    }
    throw error;
  }
}
