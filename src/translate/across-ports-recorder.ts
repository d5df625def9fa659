import { isInPortRanges } from './across-ports.ts';
import type { DecisionRecorder, FrontEndDecision, FrontEndFate } from './decisions.ts';
import type { PortRanges } from './desired.ts';

const withPortRanges: FrontEndFate = { kind: 'served with the port ranges' };

/** Tells a recorder of the front ends of a port that shares the virtual server of the port ranges, if any. */
export function servedWithPortRanges(
  recorder: DecisionRecorder | undefined,
  ranges: PortRanges | undefined,
): DecisionRecorder | undefined {
  if (recorder === undefined || ranges === undefined) {
    return recorder;
  }
  return {
    record: (decision) => {
      const isAmong = decision.about === 'front end' && isServedBy(decision, ranges);
      recorder.record(isAmong ? { ...decision, fate: withPortRanges } : decision);
    },
  };
}

function isServedBy({ frontEnd, fate }: FrontEndDecision, ranges: PortRanges): boolean {
  return fate.kind === 'served' && 'address' in frontEnd && isInPortRanges(frontEnd, ranges);
}
