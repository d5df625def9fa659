import type { ObjectKey } from './cluster/objects.ts';
import type { ClusterStore } from './cluster/store.ts';
import { formatProblem, type Problem } from './problem.ts';
import type { DesiredState } from './reconcile/desired-state.ts';
import { translateService, type TranslationSettings } from './translate/translate-service.ts';

export interface TranslatorOptions {
  readonly nodeName: string;
  readonly translation: TranslationSettings;
}

/**
 * Keeps the desired state equal to the store, one changed Service at a time. A Service is
 * translated again and again; each of its problems is told when it appears.
 */
export class ServiceTranslator {
  readonly #store: ClusterStore;
  readonly #desired: DesiredState;
  readonly #options: TranslatorOptions;
  readonly #onProblem: (problem: Problem) => void;
  readonly #dirty = new Set<ObjectKey>();
  readonly #problems = new Map<ObjectKey, ReadonlySet<string>>();

  constructor(
    store: ClusterStore,
    desired: DesiredState,
    options: TranslatorOptions,
    onProblem: (problem: Problem) => void,
  ) {
    this.#store = store;
    this.#desired = desired;
    this.#options = options;
    this.#onProblem = onProblem;
  }

  /** The Service, or one of its slices, has changed or is gone. */
  changed(service: ObjectKey): void {
    this.#dirty.add(service);
  }

  /** Something changed that concerns every Service. */
  everythingChanged(): void {
    for (const key of this.#store.serviceKeys()) {
      this.#dirty.add(key);
    }
  }

  get hasWork(): boolean {
    return this.#dirty.size > 0;
  }

  /** Translates what has changed since the last call. */
  translate(): void {
    const place = { nodeName: this.#options.nodeName, zone: this.#store.node?.zone };
    for (const key of this.#dirty) {
      const service = this.#store.service(key);
      const translation =
        service === undefined
          ? undefined
          : translateService(service, this.#store.slices(key), place, this.#options.translation);
      this.#desired.setService(key, service?.createdAt ?? 0, translation);
      this.#tellNews(key, translation?.problems ?? []);
    }
    this.#dirty.clear();
  }

  #tellNews(key: ObjectKey, problems: readonly Problem[]): void {
    const told = this.#problems.get(key);
    for (const problem of problems) {
      if (told?.has(formatProblem(problem)) !== true) {
        this.#onProblem(problem);
      }
    }
    if (problems.length === 0) {
      this.#problems.delete(key);
    } else {
      this.#problems.set(key, new Set(problems.map(formatProblem)));
    }
  }
}
