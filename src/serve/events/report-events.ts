import type { Service } from '../../cluster/objects.ts';
import type { Failure } from '../../reconcile/any-kind-table.ts';
import { missingSchedulerOf } from '../../kernel/ipvs/missing-scheduler.ts';
import type { ServiceProblem } from '../../translate/service-problem.ts';
import type { EventRecorder } from './event-recorder.ts';
import { nodeEvent, serviceEvent, type NodeEventReason } from './event.ts';

/** Puts what users of the cluster should know into Events, on the Service or on this Node. */
export class ReportEvents {
  readonly #events: EventRecorder;
  readonly #nodeName: string;

  constructor(events: EventRecorder, nodeName: string) {
    this.#events = events;
    this.#nodeName = nodeName;
  }

  node(reason: NodeEventReason, note: string): void {
    this.#events.record(nodeEvent(this.#nodeName, reason, note));
  }

  /** The take-over is done, as the configuration asks for it. */
  kubeProxyRemoved(note: string): void {
    this.#events.record({ ...nodeEvent(this.#nodeName, 'KubeProxyRemoved', note), type: 'Normal' });
  }

  problem(problem: ServiceProblem): void {
    this.#events.record(serviceEvent(problem));
    if (problem.reason === 'SchedulerMissing') {
      this.#missingScheduler(String(problem.value));
    }
  }

  /** The health-check node port of a Service cannot be served. */
  healthCheckPort({ namespace, name, uid }: Service, note: string): void {
    const regarding = { kind: 'Service', namespace, name, uid } as const;
    this.#events.record({ regarding, reason: 'HealthCheckPortUnavailable', note });
  }

  /** Of what the kernel refused, what is no matter of one Service. */
  failure(failure: Failure): void {
    const scheduler = missingSchedulerOf(failure);
    if (scheduler !== undefined) {
      this.#missingScheduler(scheduler);
    } else if (failure.kind === 'foundation') {
      this.node('KernelIncomplete', `${failure.key}: ${failure.error.message}`);
    }
  }

  #missingScheduler(scheduler: string): void {
    const note = `the kernel has no IPVS scheduler ${scheduler} and cannot load its module ip_vs_${scheduler}; Services that ask for it get another one`;
    this.node('SchedulerMissing', note);
  }
}
