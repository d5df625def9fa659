import type { ClusterStore } from '../../cluster/store.ts';
import type { DesiredState } from '../../desired/desired-state.ts';
import type { ServiceTranslator } from '../../desired/service-translator.ts';
import type { ClusterKnowledge } from './knowledge.ts';

/** What a store and its translator know, as views are made of it. */
export function clusterKnowledge(
  store: Pick<ClusterStore, 'service'>,
  translator: ServiceTranslator,
  desired: DesiredState,
): ClusterKnowledge {
  return {
    service: (key) => store.service(key),
    decisionsOf: (key) => translator.decisionsOf(key),
    frontEnd: (key) => desired.virtualServer(key),
    serviceOf: (key) => desired.serviceOf(key),
    serviceAt: (vip) => desired.serviceAt(vip),
    problemsOf: (key, virtualServers) => translator.problemsOf(key, virtualServers),
    get node() {
      return translator.nodeFacts;
    },
    get settings() {
      return translator.translation;
    },
  };
}
