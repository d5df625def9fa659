import assert from 'node:assert/strict';
import type { ObjectKey } from '../../src/cluster/objects.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import type { DesiredState } from '../../src/desired/desired-state.ts';
import { formatVirtualServer, type Statistics } from '../../src/kernel/ipvs/model.ts';
import { addStatistics, noStatistics } from '../../src/kernel/ipvs/statistics-sums.ts';
import { OutlierBook } from '../../src/outliers/outlier-book.ts';
import type { Reconciler } from '../../src/reconcile/reconciler.ts';
import { ServiceTranslator, type TranslatorOptions } from '../../src/desired/service-translator.ts';
import type { HealthCheck } from '../../src/translate/desired.ts';

/** A program that has just started: its tables know nothing of the kernel yet. */
export interface ModelProgram {
  readonly desired: DesiredState;
  readonly reconciler: Reconciler;
  close(): void;
}

/** A store with a translator that follows it. */
export class FollowedStore {
  readonly translator: ServiceTranslator;
  readonly healthChecks = new Map<ObjectKey, HealthCheck>();
  readonly mistakes: Error[] = [];

  constructor(store: ClusterStore, desired: DesiredState, options: TranslatorOptions) {
    this.translator = new ServiceTranslator(store, desired, options, {
      problem: () => undefined,
      mistake: (_key, error) => this.mistakes.push(error),
      healthCheck: (key, check) => {
        if (check === undefined) {
          this.healthChecks.delete(key);
        } else {
          this.healthChecks.set(key, check);
        }
      },
    });
    store.onChange((change) => {
      if (change.kind === 'service') {
        this.translator.changed(change.key);
      } else if (change.kind === 'node') {
        this.translator.nodeChanged();
      } else if (change.kind === 'hosts') {
        this.translator.hostsChanged(change.addresses);
      }
    });
  }
}

/** A program as the controller runs it, one turn at a time. */
export class RunningProgram extends FollowedStore {
  readonly store: ClusterStore;
  readonly program: ModelProgram;
  readonly outliers: OutlierBook;
  #kernelWasRead = false;
  readonly #counters = new Map<string, Statistics>();

  constructor(program: ModelProgram, options: TranslatorOptions) {
    const store = new ClusterStore();
    const outliers = new OutlierBook();
    super(store, program.desired, { ...options, outliers });
    this.outliers = outliers;
    this.store = store;
    this.program = program;
    program.reconciler.allowRemovals();
  }

  async work(): Promise<void> {
    this.translator.translate();
    await (this.#kernelWasRead ? this.#round() : this.audit());
  }

  async audit(): Promise<void> {
    this.translator.translate();
    this.#kernelWasRead = true;
    const { failures } = await this.program.reconciler.audit();
    assert.deepEqual(failures, []);
  }

  async look(): Promise<void> {
    if (this.#kernelWasRead) {
      await this.program.reconciler.pollRows();
      await this.work();
    }
  }

  /**
   * A look at the counters of all that are watched: since the one before each real server that is not ejected
   * has had connections, and those at the failing address have answered none.
   */
  judge(failing: string | undefined, nowMs: number): void {
    for (const group of this.outliers.groups()) {
      for (const { id, rule } of group.virtualServers) {
        const virtualServer = formatVirtualServer(id);
        const listed = Array.from(rule.candidates, ([key, realServer]) => {
          const isEjected = this.outliers.standing(rule.group, key)?.kind === 'ejected';
          const now = failing === realServer.address.text ? unanswered : answered;
          const statistics = this.#count(`${virtualServer} ${key}`, isEjected ? noStatistics : now);
          return { realServer, statistics, connections: noConnections };
        });
        group.take(virtualServer, listed);
      }
      if (this.outliers.judge(group, nowMs).isNews) {
        this.translator.changed(group.service);
      }
    }
  }

  /** The address of a real server that is not the only one of its Service port; undefined where there is none. */
  ejectable(choice: number): string | undefined {
    const addresses = this.outliers.groups().flatMap(({ virtualServers: [first] }) => {
      const weighed = [...(first?.rule.candidates.values() ?? [])].filter(
        ({ weight }) => weight > 0,
      );
      return weighed.length > 1 ? weighed.map(({ address }) => address.text) : [];
    });
    return addresses[choice % Math.max(addresses.length, 1)];
  }

  /** A kernel's counters never go back. */
  #count(key: string, more: Statistics): Statistics {
    const total = addStatistics(this.#counters.get(key) ?? noStatistics, more);
    this.#counters.set(key, total);
    return total;
  }

  async #round(): Promise<void> {
    const { failures } = await this.program.reconciler.round();
    assert.deepEqual(failures, []);
  }
}

const unanswered: Statistics = { ...noStatistics, connections: 3, packetsIn: 3, bytesIn: 180 };
const answered: Statistics = { ...unanswered, packetsIn: 9, packetsOut: 9, bytesOut: 900 };
const noConnections = { active: 0, inactive: 0, persistent: 0 };
