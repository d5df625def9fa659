import { highestWeight } from '../../cluster/weight.ts';
import {
  allowedLocalityWeights,
  parseLocalityWeights,
  type LocalityWeights,
} from '../locality-weights.ts';
import type { Annotation } from './annotation.ts';
import { ignoredBy } from './weighing-scheduler.ts';

/** The weights of endpoints by where they are; undefined where that does not count. */
export const localityWeights: Annotation<
  LocalityWeights | undefined,
  'InvalidLocalityWeights' | 'LocalityWeightsIgnored'
> = {
  name: 'kube-ipvs.io/locality-weights',
  aliases: [],
  reasons: {
    InvalidLocalityWeights: 'the weights by locality cannot be read',
    LocalityWeightsIgnored: 'the scheduler of the Service heeds no weights',
  },
  docs: {
    title: 'Weights by locality',
    form: '`same-node=10,same-zone=5,other=1`, or some of these; `none`',
    without: '`kubeIpvs.localityWeights` of the configuration',
    example: {
      'kube-ipvs.io/scheduler': 'wrr',
      'kube-ipvs.io/locality-weights': 'same-node=10,same-zone=5,other=1',
    },
    text: `The weight of an endpoint by where it is, seen from each node: on the same node (\`nodeName\`), in the
same zone (\`zone\` of the endpoint, \`topology.kubernetes.io/zone\` of the Node), or elsewhere. What is not
named has the weight of what lies around it, and \`other\` has 1. An endpoint of weight 0 gets traffic only
when there is nothing else: where all that could be used have 0, each has 1. Weights are from 0 to ${highestWeight}.

The nearest rule wins, and nothing is multiplied: the weight of the EndpointSlice, then that of the Node,
then that of the locality, then 1. An EndpointSlice has one by its own annotation \`kube-ipvs.io/weight\`,
for all of its endpoints, whatever the Service says: that makes a canary of a slice made by hand. An
endpoint that several slices list has the weight of the one that names a weight.

Weights count with the schedulers \`wrr\`, \`wlc\`, \`sed\`, \`nq\`, \`mh\`, \`sh\`, \`twos\`, \`lblc\`, \`lblcr\`, \`fo\` and
\`ovf\`; with \`rr\`, \`lc\` and \`dh\` an Event says that they do not. For \`sh\` their sum should be 256 at most:
it deals out 256 places, and who comes after the last one gets none.`,
  },

  byDefault({ defaults }) {
    return defaults.localityWeights;
  },

  read({ value }, byDefault, context) {
    const weights = parseLocalityWeights(value);
    if (weights === undefined) {
      const kept = byDefault === undefined ? 'weights are not by locality' : 'the default counts';
      const allowed = `${allowedLocalityWeights}; ${kept}`;
      return { usable: false, mistake: { reason: 'InvalidLocalityWeights', allowed } };
    }
    if (weights === 'none') {
      return { usable: true, value: undefined };
    }
    const allowed = ignoredBy(context);
    return allowed === undefined
      ? { usable: true, value: weights }
      : { usable: true, value: weights, mistake: { reason: 'LocalityWeightsIgnored', allowed } };
  },
};
