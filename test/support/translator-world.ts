import type { ObjectKey } from '../../src/cluster/objects.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { formatProblem } from '../../src/base/problem.ts';
import { usualDefaults } from '../../src/translate/annotations/annotation.ts';
import { ServiceTranslator, type TranslatorOptions } from '../../src/desired/service-translator.ts';
import { MemoryTables } from './memory-tables.ts';

/** The node of the tests, with kube-proxy's defaults. */
export const translatorOptions: TranslatorOptions = {
  nodeName: 'node-a',
  nodePortAddresses: { kind: 'all' },
  translation: {
    ...usualDefaults,
    externalIPs: undefined,
    loadBalancerIPs: undefined,
    protectedRanges: [],
  },
};

/** A translator over a store and tables in memory, and what it told. */
export class TranslatorWorld {
  readonly store = new ClusterStore();
  readonly tables = new MemoryTables();
  /** Every problem, by reason and as an operator reads it. */
  readonly problems: string[] = [];
  readonly mistakes: string[] = [];
  /** Every Service with what its load balancer was to be told, in their order. */
  readonly healthChecks: (readonly [ObjectKey, number | undefined])[] = [];
  readonly translator: ServiceTranslator;

  constructor(options: Partial<TranslatorOptions> = {}) {
    this.translator = new ServiceTranslator(
      this.store,
      this.tables.desired,
      { ...translatorOptions, ...options },
      {
        problem: (problem) => this.problems.push(`${problem.reason} ${formatProblem(problem)}`),
        mistake: (key, error) => this.mistakes.push(`${key}: ${error.message}`),
        healthCheck: (key, check) => this.healthChecks.push([key, check?.localEndpoints]),
      },
    );
    this.store.onChange((change) => {
      if (change.kind === 'service') {
        this.translator.changed(change.key);
      } else {
        this.translator.factsChanged(change);
      }
    });
  }

  /** Translates what has changed; returns the Services that had their turn. */
  translate(): ObjectKey[] {
    this.healthChecks.length = 0;
    this.translator.translate();
    return this.healthChecks.map(([key]) => key);
  }

  /** `10.244.1.1:8080 10.244.1.2:8080`; undefined where there is no such virtual server. */
  realServersOf(key: string): string | undefined {
    const row = this.tables.virtualServers.rows.get(key);
    return row && [...row.virtualServer.realServers.keys()].join(' ');
  }
}
