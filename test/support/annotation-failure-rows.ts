import type { ProblemReason } from '../../src/inspect/views/problem-view.ts';
import { ejectIn } from './eject-in.ts';
import { correctIt, problems, type FailureRow } from './failure-row.ts';
import { rawService, rawSlice } from './manifests.ts';

const anotherScheduler = /choose a scheduler/;

/** A row for an annotation of a Service that cannot be used as it is. */
function ofAnnotation(
  reason: ProblemReason,
  effect: 'fallback' | 'ignored',
  annotations: Readonly<Record<string, string>>,
  advice = correctIt,
  spec: Readonly<Record<string, unknown>> = {},
): FailureRow {
  return {
    options: { manifests: [rawService('web', spec, { annotations })] },
    advice,
    metric: problems(reason, effect),
    doctor: ['services', 'annotation', correctIt],
  };
}

/** What comes of single annotations: by their values, and by what they ask for. */
export const annotationRows = {
  InvalidPortRanges: ofAnnotation('InvalidPortRanges', 'ignored', {
    'kube-ipvs.io/port-ranges': '10-5/UDP',
  }),
  InvalidPortRangesOn: ofAnnotation('InvalidPortRangesOn', 'fallback', {
    'kube-ipvs.io/port-ranges-on': 'everywhere',
  }),
  InvalidAffinityAcrossPorts: ofAnnotation('InvalidAffinityAcrossPorts', 'fallback', {
    'kube-ipvs.io/affinity-across-ports': 'maybe',
  }),
  AffinityAcrossPortsIgnored: ofAnnotation(
    'AffinityAcrossPortsIgnored',
    'ignored',
    { 'kube-ipvs.io/affinity-across-ports': 'true' },
    /sessionAffinity ClientIP/,
  ),
  InvalidLocalityWeights: ofAnnotation('InvalidLocalityWeights', 'fallback', {
    'kube-ipvs.io/locality-weights': 'near=10',
  }),
  LocalityWeightsIgnored: ofAnnotation(
    'LocalityWeightsIgnored',
    'ignored',
    {
      'kube-ipvs.io/scheduler': 'rr',
      'kube-ipvs.io/locality-weights': 'same-node=10,other=1',
    },
    anotherScheduler,
  ),
  InvalidWeights: ofAnnotation('InvalidWeights', 'fallback', { 'kube-ipvs.io/weights': 'pod' }),
  NodeWeightsIgnored: ofAnnotation(
    'NodeWeightsIgnored',
    'ignored',
    {
      'kube-ipvs.io/scheduler': 'rr',
      'kube-ipvs.io/weights': 'node',
    },
    anotherScheduler,
  ),
  SliceWeightsIgnored: {
    ...ofAnnotation('SliceWeightsIgnored', 'ignored', {}, anotherScheduler),
    options: {
      manifests: [
        rawService('web'),
        rawSlice('web-1', 'web', {}, { annotations: { 'kube-ipvs.io/weight': '5' } }),
      ],
    },
  },
  InvalidMaxConnections: ofAnnotation('InvalidMaxConnections', 'fallback', {
    'kube-ipvs.io/max-connections': 'many',
  }),
  InvalidOnePacket: ofAnnotation('InvalidOnePacket', 'fallback', {
    'kube-ipvs.io/one-packet': 'perhaps',
  }),
  OnePacketRefused: ofAnnotation(
    'OnePacketRefused',
    'ignored',
    { 'kube-ipvs.io/one-packet': 'true' },
    /remove the annotation/,
    { ports: [{ port: 53, protocol: 'UDP' }], sessionAffinity: 'ClientIP' },
  ),
  InvalidSlowStart: ofAnnotation('InvalidSlowStart', 'fallback', {
    'kube-ipvs.io/slow-start': 'soon',
  }),
  SlowStartIgnored: ofAnnotation(
    'SlowStartIgnored',
    'ignored',
    {
      'kube-ipvs.io/scheduler': 'rr',
      'kube-ipvs.io/slow-start': '30s',
    },
    anotherScheduler,
  ),
  InvalidOutlierEjection: ofAnnotation('InvalidOutlierEjection', 'fallback', {
    'kube-ipvs.io/outlier-ejection': 'perhaps',
  }),
  InvalidResetAfter: ofAnnotation('InvalidResetAfter', 'ignored', {
    'kube-ipvs.io/outlier-ejection': 'true',
    'kube-ipvs.io/reset-after': 'soon',
  }),
  RealServerEjected: {
    options: {
      manifests: [
        rawService('web', {}, { annotations: { 'kube-ipvs.io/outlier-ejection': 'true' } }),
        rawSlice('web-1', 'web', {
          endpoints: [{ addresses: ['10.244.1.1'] }, { addresses: ['10.244.1.2'] }],
        }),
      ],
    },
    then: ejectIn,
    advice: /look at the Pods and at their nodes/,
    metric: problems('RealServerEjected', 'ejected'),
    doctor: ['daemon', 'ejected', /kube-ipvs show/],
  },
} satisfies Partial<Record<ProblemReason, FailureRow>>;
