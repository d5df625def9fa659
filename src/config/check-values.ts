import { milliseconds, syncPeriodMs } from './settings-from-values.ts';
import { hasBit, parseMarkMask } from '../net/mark-mask.ts';
import type { Values } from './values.ts';

/** A value that is right by itself and wrong together with another. */
export interface Contradiction {
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;
}

interface Check {
  /** The fields that it reads; the first one is to blame. */
  readonly fields: readonly [string, ...string[]];
  /** What is allowed, where that is not what there is. */
  readonly find: (values: Values) => Omit<Contradiction, 'field'> | undefined;
}

const checks: readonly Check[] = [
  {
    fields: ['detectLocal.bridgeInterface', 'detectLocalMode'],
    find: ({ detectLocalMode, detectLocal }) =>
      detectLocalMode === 'BridgeInterface' && detectLocal.bridgeInterface === ''
        ? {
            value: '',
            allowed: 'must be the name of a bridge where detectLocalMode is BridgeInterface',
          }
        : undefined,
  },
  {
    fields: ['detectLocal.interfaceNamePrefix', 'detectLocalMode'],
    find: ({ detectLocalMode, detectLocal }) =>
      detectLocalMode === 'InterfaceNamePrefix' && detectLocal.interfaceNamePrefix === ''
        ? {
            value: '',
            allowed:
              'must be the first letters of interface names where detectLocalMode is InterfaceNamePrefix',
          }
        : undefined,
  },
  {
    fields: ['kubeIpvs.portRangeMarks', 'iptables.masqueradeBit'],
    find: ({ kubeIpvs: { portRangeMarks }, iptables: { masqueradeBit } }) =>
      hasBit(parseMarkMask(portRangeMarks) ?? 0, masqueradeBit)
        ? {
            value: portRangeMarks,
            allowed: `must not have bit ${masqueradeBit}, which is iptables.masqueradeBit`,
          }
        : undefined,
  },
  {
    fields: ['ipvs.minSyncPeriod', 'ipvs.syncPeriod'],
    find: ({ ipvs }) =>
      milliseconds(ipvs.minSyncPeriod) > syncPeriodMs(ipvs.syncPeriod)
        ? {
            value: ipvs.minSyncPeriod,
            allowed: `must not be longer than ipvs.syncPeriod, which is ${syncPeriodMs(ipvs.syncPeriod) / 1000}s`,
          }
        : undefined,
  },
];

/** What does not go together in a configuration, apart from the fields that are `wrong` anyway. */
export function contradictions(values: Values, wrong: readonly string[]): readonly Contradiction[] {
  return checks
    .filter(({ fields }) => !fields.some((field) => wrong.includes(field)))
    .flatMap(({ fields: [field], find }) => {
      const found = find(values);
      return found === undefined ? [] : [{ field, ...found }];
    });
}
