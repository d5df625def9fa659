import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { samplesBy } from '../samples.ts';
import { problemEffects, type ServiceProblemReason } from '../../../translate/service-problem.ts';

/** What is wrong with Services now. */
export interface ProblemSource {
  /** How many Services have a problem, by its reason; reasons that none has may be missing. */
  readonly problems: ReadonlyMap<ServiceProblemReason, number>;
  /** How many Services of a policy Local have endpoints, but none on this node. */
  readonly withoutLocalEndpoints: Readonly<Record<'internal' | 'external', number>>;
}

export interface ProblemMetrics {
  /** A field of an object cannot be used; called when that begins. */
  refused(reason: string): void;
  /** A Service could not be translated. */
  mistaken(): void;
  watch(source: ProblemSource): void;
}

/** What is wrong with Services. */
export function problemMetrics(make: MetricRegistry): ProblemMetrics {
  const services = new Late<ProblemSource>();
  const refused = make.counter({
    name: 'kube_ipvs_refused_total',
    help: 'What of objects could not be used as it stands, each counted when it began.',
    labels: {
      reason: 'the reason of the Event, or `InvalidObject` for an object that makes no sense',
    },
  });
  make.gaugeOf(
    {
      name: 'kube_ipvs_services_with_problem',
      help: 'Services that now have a problem, by its reason: each is done otherwise than the Service says.',
      labels: {
        reason: 'the reason of the Event',
        effect:
          'what becomes of it: `fallback` to the default, `refused`, `conflict` with an older Service that has the address, or `ejected` for real servers that fail',
      },
    },
    () =>
      services.read(({ problems }) =>
        Object.entries(problemEffects).map(([reason, effect]) => ({
          labels: { reason, effect },
          // The keys of the record are the reasons.
          value: problems.get(reason as ServiceProblemReason) ?? 0,
        })),
      ),
  );
  const mistakes = make.counter({
    name: 'kube_ipvs_mistakes_total',
    help: 'How often a Service could not be translated, which is a bug of this program; what it was stays in the kernel.',
  });
  make.gaugeOf(
    {
      name: 'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
      help: 'Services of traffic policy Local that have endpoints, but none on this node.',
      labels: { traffic_policy: 'which policy is Local: `internal` or `external`' },
    },
    () =>
      services.read(({ withoutLocalEndpoints }) =>
        samplesBy('traffic_policy', Object.entries(withoutLocalEndpoints)),
      ),
  );
  return {
    refused: (reason) => {
      refused.inc({ reason });
    },
    mistaken: () => {
      mistakes.inc();
    },
    watch: (source) => {
      services.set(source);
    },
  };
}
