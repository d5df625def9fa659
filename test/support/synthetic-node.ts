import { HttpEndpoint } from '../../src/serve/http/http-endpoint.ts';
import { StatusPage } from '../../src/serve/status/status-page.ts';
import { describeDecision } from '../../src/translate/describe-decision.ts';
import { IpvsError } from '../../src/kernel/ipvs/ipvs-error.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type RealServer,
  type Statistics,
} from '../../src/kernel/ipvs/model.ts';
import type { KernelKnowledge } from '../../src/inspect/views/knowledge.ts';
import { OutlierBook } from '../../src/outliers/outlier-book.ts';
import { NetlinkError } from '../../src/kernel/netlink/netlink-error.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import {
  draining,
  endpoint,
  endpointPort,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from './cluster-objects.ts';
import { plainSettings, realServer, virtualServer } from './ipvs-examples.ts';
import { ejectFirst } from './eject-in.ts';
import { freePort } from './free-port.ts';
import { ShownWorld } from './shown.ts';

const namespaces = ['default', 'kube-system', 'monitoring', 'payments', 'shop'];
const names = ['web', 'api', 'cache', 'db', 'queue', 'auth', 'search', 'mail', 'images', 'jobs'];

/** `10.96.1.2` for a number, in a range of 16 bits and more. */
function address(first: number, second: number, index: number): IpAddress {
  return ip(`${first}.${second + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}`);
}

/** The first ones ask for what shows in states of their own. */
function annotationsOf(index: number): ReadonlyMap<string, string> {
  switch (index) {
    case 3:
      return new Map([['kube-ipvs.io/scheduler', 'best']]);
    case 4:
      return new Map([['kube-ipvs.io/outlier-ejection', 'true']]);
    case 8:
      return new Map([
        ['kube-ipvs.io/scheduler', 'wlc'],
        ['kube-ipvs.io/slow-start', '2m'],
      ]);
    case 9:
      return new Map([['kube-ipvs.io/max-connections', '15']]);
    default:
      return new Map(index % 11 === 3 ? [['kube-ipvs.io/scheduler', 'wlc']] : []);
  }
}

/**
 * A node with as many Services as asked for, each with five endpoints, of which the first ones are in all
 * states that there are. What it counts moves.
 */
export class SyntheticNode extends ShownWorld {
  readonly page = new StatusPage({
    inspector: this.inspector,
    readers: 'loopback',
    nodeName: 'node-a',
    explain: (key) => {
      const decisions = this.translator.decisionsOf(key);
      return decisions && { steps: decisions.map((each) => ({ text: describeDecision(each) })) };
    },
  });

  readonly #outliers: OutlierBook;
  /** The real server that is ejected, and the group that it is judged in. */
  #ejected: readonly [group: string, realServer: string] | undefined;

  constructor(services: number) {
    const outliers = new OutlierBook();
    super({ outliers });
    this.#outliers = outliers;
    for (let index = 0; index < services; index += 1) {
      this.#addService(index);
    }
    this.programAll(3, 12);
    this.#addStates();
    const startedAt = performance.now();
    const statistics = (key: string): Statistics => {
      const seconds = (performance.now() - startedAt) / 1000;
      const weight =
        (key.length * 37 + key.split('').reduce((sum, letter) => sum + letter.charCodeAt(0), 0)) %
        60;
      const now = Math.max(0, weight * (1 + 0.6 * Math.sin(seconds / 5 + weight)));
      return {
        connections: now,
        packetsIn: 10 * now,
        packetsOut: 9 * now,
        bytesIn: 900 * now,
        bytesOut: 24_000 * now,
      };
    };
    const reading = (key: string) => ({ totals: statistics(key), perSecond: statistics(key) });
    this.counters = {
      virtualServer: reading,
      realServer: (key, realServerKey) => reading(`${key} ${realServerKey}`),
    };
  }

  override get kernel(): KernelKnowledge {
    return {
      ...super.kernel,
      ejection: (group, realServer) =>
        group === this.#ejected?.[0] && realServer === this.#ejected[1]
          ? { failing: 'no answer', forMs: 12_000, leftMs: 18_000 }
          : undefined,
      fullUnder: (key, realServer) => this.full.fullUnder(key, realServer),
    };
  }

  /** Serves the page at a free port of 127.0.0.1; answers its URL, and the way to end it. */
  async serve(): Promise<{ readonly url: string; stop(): void }> {
    const port = await freePort();
    const opened = Promise.withResolvers<undefined>();
    const server = new HttpEndpoint({
      address: { host: '127.0.0.1', port },
      route: (path, asked) => this.page.answer(path, asked),
      opened: () => {
        opened.resolve(undefined);
      },
      failed: opened.reject,
    });
    server.start();
    await opened.promise;
    return {
      url: `http://127.0.0.1:${port}/status`,
      stop: () => {
        server.stop();
      },
    };
  }

  #addService(index: number): void {
    const namespace = namespaces[index % namespaces.length] ?? '';
    const name = `${names[(index >>> 3) % names.length] ?? ''}-${index}`;
    this.store.setService(
      service({
        namespace,
        name,
        clusterIPs: index % 97 === 96 ? [] : [address(10, 96, index + 1)],
        ports: [servicePort({ name: 'http' })],
        annotations: annotationsOf(index),
      }),
    );
    const endpoints = Array.from({ length: 5 }, (_each, number) =>
      endpoint(address(10, 128, 5 * index + number).text, {
        podName: `${name}-6d5f9c7b8-${(index * 5 + number).toString(36).padStart(5, 'x')}`,
        nodeName: `node-${'abc'[number % 3] ?? ''}`,
        zone: `zone-${(number % 3) + 1}`,
        ...(index % 13 === 5 && number === 4 ? notReady : {}),
        ...(index % 29 === 7 && number === 0 ? draining : {}),
      }),
    );
    this.store.setSlice(
      slice(index % 41 === 6 ? [] : endpoints, {
        namespace,
        name: `${name}-1`,
        serviceName: name,
        family: 'IPv4',
        ports: [endpointPort({ name: 'http' })],
      }),
    );
  }

  #addStates(): void {
    this.#eject();
    this.#startSlowly();
    this.#fill();
    const keys = [...this.held.keys()];
    const [first = '', second = '', third = ''] = keys;
    this.#drain(first);
    for (let index = 7; index < keys.length; index += 29) {
      this.#drain(keys[index] ?? '');
    }
    const operation = {
      kind: 'add virtual server',
      id: virtualServer('10.96.0.3'),
      settings: plainSettings,
    } as const;
    const error = new IpvsError(operation, new NetlinkError('EPERM', 'not permitted'));
    this.held.delete(third);
    this.refusals.set(third, { error, forMs: 95_000 });
    this.failures.push({ kind: 'virtual server', key: third, error, forMs: 95_000 });
    const held = this.held.get(second);
    if (held !== undefined) {
      this.hold({ ...held, settings: { ...held.settings, scheduler: 'wlc' } });
    }
    this.hold({ id: virtualServer('10.96.0.1', 9090), settings: plainSettings, realServers: [] });
    this.hold({
      id: { kind: 'fwmark', family: 'IPv4', fwmark: 7 },
      settings: { ...plainSettings, scheduler: 'wlc' },
      realServers: [
        { realServer: realServer('10.9.9.1'), activeConnections: 2, inactiveConnections: 0 },
      ],
    });
  }

  /** A real server has not answered; the kernel has it with weight 0. */
  #eject(): void {
    if (this.#outliers.isEmpty) {
      return;
    }
    const [group, realServer] = ejectFirst(this.#outliers);
    this.translator.changed(group.service);
    this.translate();
    for (const { id, rule } of group.virtualServers) {
      this.#ejected = [rule.group, realServer];
      this.#holdOtherwise(formatVirtualServer(id), realServer, { weight: 0 });
    }
  }

  /** One real server of each slow start has had a part of its weight so far. */
  #startSlowly(): void {
    for (const [key, { slowStartMs, virtualServer: desired }] of this.tables.virtualServers.rows) {
      const [first] = desired.realServers.keys();
      if (slowStartMs !== undefined && first !== undefined) {
        this.#holdOtherwise(key, first, { weight: 3 });
      }
    }
  }

  /** Where there are limits, real servers have reached them. */
  #fill(): void {
    for (const [key, held] of this.held) {
      const service = this.tables.desired.serviceOf(key);
      if (held.settings.limited && service !== undefined) {
        this.full.take(held, service);
      }
    }
  }

  #holdOtherwise(key: string, address: string, fields: Partial<RealServer>): void {
    const held = this.held.get(key);
    if (held !== undefined) {
      const realServers = held.realServers.map((each) =>
        formatRealServer(each.realServer) === address
          ? { ...each, realServer: { ...each.realServer, ...fields } }
          : each,
      );
      this.hold({ ...held, realServers });
    }
  }

  /** A real server that is in no slice any more goes on with its connections. */
  #drain(key: string): void {
    const held = this.held.get(key);
    if (held !== undefined) {
      const leaving = realServer('10.254.0.9', { weight: 0 });
      const row = { realServer: leaving, activeConnections: 2, inactiveConnections: 1 };
      this.hold({ ...held, realServers: [...held.realServers, row] });
      this.drainingForMs.set(`${key} 10.254.0.9:8080`, 130_000);
    }
  }
}
