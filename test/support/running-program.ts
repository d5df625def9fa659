import assert from 'node:assert/strict';
import type { ObjectKey } from '../../src/cluster/objects.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import type { DesiredState } from '../../src/desired/desired-state.ts';
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
  #kernelWasRead = false;

  constructor(program: ModelProgram, options: TranslatorOptions) {
    const store = new ClusterStore();
    super(store, program.desired, options);
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

  async #round(): Promise<void> {
    const { failures } = await this.program.reconciler.round();
    assert.deepEqual(failures, []);
  }
}
