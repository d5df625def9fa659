import { noCounters } from '../../src/inspect/statistics/counters.ts';
import { clusterKnowledge } from '../../src/inspect/views/cluster-knowledge.ts';
import {
  type ClusterKnowledge,
  type HeldVirtualServer,
  type KernelKnowledge,
  type Refusal,
} from '../../src/inspect/views/knowledge.ts';
import { serviceView } from '../../src/inspect/views/make-service-view.ts';
import { outlineOf } from '../../src/inspect/views/service-outline.ts';
import type { ServiceView } from '../../src/inspect/views/service-view.ts';
import { formatVirtualServer, type RealServer } from '../../src/kernel/ipvs/model.ts';
import { TranslatorWorld } from './translator-world.ts';

/** The time of day in these tests. */
export const nowMs = Date.parse('2026-03-01T12:00:00Z');

/** A cluster, and a kernel that may hold what the cluster wants, or something else. */
export class InspectWorld extends TranslatorWorld {
  readonly held = new Map<string, HeldVirtualServer>();
  readonly refusals = new Map<string, Refusal>();
  /** By virtual and real server, with a blank between. */
  readonly drainingForMs = new Map<string, number>();
  readonly boundByUs = new Set<string>();
  counters = noCounters;

  get cluster(): ClusterKnowledge {
    return clusterKnowledge(this.store, this.translator, this.tables.desired);
  }

  get kernel(): KernelKnowledge {
    return {
      held: (key) => this.held.get(key),
      refusal: (key) => this.refusals.get(key),
      drainingForMs: (key, realServer) => this.drainingForMs.get(`${key} ${realServer}`),
      isBoundByUs: (address) => this.boundByUs.has(address),
      counters: this.counters,
      nowMs,
    };
  }

  /** The kernel takes all that the cluster wants; each real server has these connections. */
  programAll(activeConnections = 0, inactiveConnections = 0): void {
    this.translate();
    for (const [key, { virtualServer }] of this.tables.virtualServers.rows) {
      const { id, settings, realServers } = virtualServer;
      const held = Array.from(realServers.values(), (realServer) => ({
        realServer,
        activeConnections,
        inactiveConnections,
      }));
      this.held.set(key, { id, settings, realServers: held });
    }
  }

  hold(held: HeldVirtualServer): void {
    this.held.set(formatVirtualServer(held.id), held);
  }

  /** Replaces the real servers that the kernel holds of a virtual server, each with a connection. */
  holdRealServers(key: string, ...realServers: readonly RealServer[]): void {
    const held = this.held.get(key);
    if (held === undefined) {
      throw new Error(`the kernel of the test has no ${key}`);
    }
    this.held.set(key, {
      ...held,
      realServers: realServers.map((realServer) => ({
        realServer,
        activeConnections: 1,
        inactiveConnections: 0,
      })),
    });
  }

  /** `default/web`, unless another one is named. */
  view(key = 'default/web'): ServiceView {
    const { cluster } = this;
    const outline = outlineOf(key, cluster);
    if (outline === undefined) {
      throw new Error(`the test's cluster has no Service ${key}`);
    }
    return serviceView(outline, cluster, this.kernel);
  }
}
