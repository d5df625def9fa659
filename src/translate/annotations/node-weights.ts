import {
  asksForNodeWeights,
  weightsAnnotation,
  weightsValues,
} from '../../cluster/annotation-names.ts';
import type { Annotation } from './annotation.ts';
import { ignoredBy } from './weighing-scheduler.ts';

/** Whether endpoints have the weights that their Nodes name. */
export const nodeWeights: Annotation<boolean, 'InvalidWeights' | 'NodeWeightsIgnored'> = {
  name: weightsAnnotation,
  aliases: [],
  reasons: {
    InvalidWeights: 'weights cannot come from what it names',
    NodeWeightsIgnored: 'the scheduler of the Service heeds no weights',
  },
  docs: {
    title: 'Weights by Node',
    form: weightsValues.map((value) => `\`${value}\``).join(' or '),
    without: '`kubeIpvs.weights` of the configuration',
    example: { 'kube-ipvs.io/scheduler': 'wrr', 'kube-ipvs.io/weights': 'node' },
    values: new Map([
      ['node', 'each endpoint has the weight that its Node names'],
      ['none', 'it does not'],
    ]),
    text: `A Node names the weight of the endpoints on it by the annotation, or else the label,
\`kube-ipvs.io/weight\`: \`kubectl annotate node NAME kube-ipvs.io/weight=20\`. So machines of several
generations take what they can. The endpoints of a Node without one have the weight of their locality, or 1.
Only while some Service asks for it, the metadata of all Nodes is listed and watched.`,
  },

  byDefault({ defaults }) {
    return defaults.nodeWeights;
  },

  read({ value }, byDefault, context) {
    if (!weightsValues.some((known) => known === value)) {
      const kept = byDefault ? 'those of Nodes count' : 'those of Nodes do not count';
      const allowed = `must be ${weightsValues.join(' or ')}; ${kept}`;
      return { usable: false, mistake: { reason: 'InvalidWeights', allowed } };
    }
    const asks = asksForNodeWeights(value, byDefault);
    const allowed = asks ? ignoredBy(context) : undefined;
    return allowed === undefined
      ? { usable: true, value: asks }
      : { usable: true, value: asks, mistake: { reason: 'NodeWeightsIgnored', allowed } };
  },
};
