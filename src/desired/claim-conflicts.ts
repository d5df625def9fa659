import { objectKey, type ObjectKey, type Service } from '../cluster/objects.ts';
import type { ClusterStore } from '../cluster/store.ts';
import { formatPortRange } from '../net/port-range.ts';
import { serviceProblem, type ServiceProblem } from '../translate/service-problem.ts';
import type { PortRangeConflict } from './claimed-port-ranges.ts';
import type { DesiredState } from './desired-state.ts';
import type { ReportedProblems } from './reported-problems.ts';

/** Where claims of Services may have changed. */
export interface ChangedClaims {
  /** Keys of virtual servers. */
  readonly virtualServers: Iterable<string>;
  /** Addresses that have port ranges, as texts. */
  readonly portRangesAt: Iterable<string>;
}

/** The problems of Services that claim what an older one holds, kept by what they claim. */
export class ClaimConflicts {
  readonly #store: ClusterStore;
  readonly #desired: DesiredState;
  readonly #problems: ReportedProblems;

  constructor(store: ClusterStore, desired: DesiredState, problems: ReportedProblems) {
    this.#store = store;
    this.#desired = desired;
    this.#problems = problems;
  }

  report({ virtualServers, portRangesAt }: ChangedClaims): void {
    for (const key of virtualServers) {
      const holder = this.#desired.serviceOf(key) ?? '';
      this.#problems.set(
        subjectOfVirtualServer(key),
        this.#desired
          .losersOf(key)
          .flatMap((loser) => this.#problem(loser, (one) => addressProblem(one, key, holder))),
      );
    }
    for (const address of portRangesAt) {
      this.#problems.set(
        subjectOfRanges(address),
        this.#desired
          .portRangeConflictsAt(address)
          .flatMap((conflict) =>
            this.#problem(conflict.loser, (one) => portRangeProblem(one, conflict)),
          ),
      );
    }
  }

  /** Those of one Service that last. */
  of(service: ObjectKey, { virtualServers, portRangesAt }: ChangedClaims): ServiceProblem[] {
    return [
      ...Array.from(virtualServers, subjectOfVirtualServer),
      ...Array.from(portRangesAt, subjectOfRanges),
    ]
      .flatMap((subject) => this.#problems.of(subject))
      .filter(({ service: about }) => objectKey(about) === service);
  }

  #problem(
    loser: ObjectKey,
    problemOf: (service: Service) => ServiceProblem,
  ): readonly ServiceProblem[] {
    const service = this.#store.service(loser);
    return service === undefined ? [] : [problemOf(service)];
  }
}

function addressProblem(service: Service, key: string, holder: ObjectKey): ServiceProblem {
  return serviceProblem(service, 'AddressConflict', {
    field: 'virtual server',
    value: key,
    allowed: `already owned by Service ${holder} (older); taken over when that one is deleted`,
  });
}

function portRangeProblem(
  service: Service,
  { address, protocol, ports, holder }: PortRangeConflict,
): ServiceProblem {
  const named = ports.map(formatPortRange).join(', ');
  return serviceProblem(service, 'PortRangeConflict', {
    field: 'port range',
    value: `${named}/${protocol} at ${address.text}`,
    allowed: `already owned by Service ${holder} (older); taken over when that one is deleted or has them no longer`,
  });
}

function subjectOfVirtualServer(key: string): string {
  return `virtual server ${key}`;
}

function subjectOfRanges(address: string): string {
  return `port ranges of ${address}`;
}
