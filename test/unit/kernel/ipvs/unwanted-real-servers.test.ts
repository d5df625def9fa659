import assert from 'node:assert/strict';
import { plainSettings } from '../../../support/ipvs-examples.ts';
import { describeUnwantedFate } from '../../../../src/kernel/ipvs/describe-real-server-fate.ts';
import {
  fateOfUnwanted,
  virtualServerDifference,
  type DesiredVirtualServer,
  type UnwantedFate,
} from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import {
  formatRealServer,
  type Operation,
  type RealServer,
  type VirtualServer,
} from '../../../../src/kernel/ipvs/model.ts';
import type { Protocol } from '../../../../src/net/protocol.ts';
import { ip } from '../../../support/cluster-objects.ts';

const key = '10.244.1.1:8080';

function realServer(weight: number): RealServer {
  return {
    address: ip('10.244.1.1'),
    port: 8080,
    method: 'masq',
    weight,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
}

function virtualServer(protocol: Protocol, ...realServers: readonly RealServer[]): VirtualServer {
  return {
    id: { kind: 'address', protocol, address: ip('10.96.0.1'), port: 80 },
    settings: { ...plainSettings, owned: true },
    realServers: new Map(realServers.map((each) => [formatRealServer(each), each])),
  };
}

interface Case {
  readonly protocol?: Protocol;
  readonly drainTimeoutMs?: number;
  readonly weight: number;
  readonly isDrained: boolean;
  readonly fate: UnwantedFate;
  /** What the difference does about it. */
  readonly removals: readonly string[];
}

const toWeight0 = [`change real server: ${key}, weight 0`];
const deletion = [`delete ${key}`];

function inWords(operation: Operation): string {
  if (!('realServer' in operation)) {
    return operation.kind;
  }
  const key = formatRealServer(operation.realServer);
  return operation.kind === 'delete real server'
    ? `delete ${key}`
    : `${operation.kind}: ${key}, weight ${operation.realServer.weight}`;
}

const cases: Readonly<Record<string, Case>> = {
  'begins to drain': {
    weight: 1,
    isDrained: false,
    fate: 'drain',
    removals: toWeight0,
  },
  'begins to drain even without connections': {
    weight: 1,
    isDrained: true,
    fate: 'drain',
    removals: toWeight0,
  },
  'keeps draining while it has connections': {
    weight: 0,
    isDrained: false,
    fate: 'keep draining',
    removals: [],
  },
  'is deleted when its draining is over': {
    weight: 0,
    isDrained: true,
    fate: 'delete: drained',
    removals: deletion,
  },
  'is deleted at once with a drain timeout of 0': {
    drainTimeoutMs: 0,
    weight: 1,
    isDrained: false,
    fate: 'delete: no drain timeout',
    removals: deletion,
  },
  'is deleted at once from a virtual server of UDP': {
    protocol: 'UDP',
    weight: 1,
    isDrained: false,
    fate: 'delete: UDP',
    removals: deletion,
  },
};

describe('a real server that is unwanted', () => {
  for (const [
    name,
    { protocol = 'TCP', drainTimeoutMs, weight, isDrained, ...expected },
  ] of Object.entries(cases)) {
    const desired: DesiredVirtualServer = {
      virtualServer: virtualServer(protocol),
      drainTimeoutMs,
      slowStartMs: undefined,
    };

    it(name, () => {
      assert.equal(fateOfUnwanted(desired, realServer(weight), isDrained), expected.fate);
    });

    it(`${name}, and the difference does just that`, () => {
      const { additions, removals } = virtualServerDifference(desired, {
        virtualServer: virtualServer(protocol, realServer(weight)),
        drained: new Set(isDrained ? [key] : []),
      });
      assert.deepEqual(additions, []);
      assert.deepEqual(removals.map(inWords), expected.removals);
    });
  }

  it('has a reason in words for each fate', () => {
    const words = new Set(Object.values(cases).map(({ fate }) => describeUnwantedFate(fate)));
    assert.deepEqual(
      [...words],
      [
        'begins to drain: gets weight 0, and is deleted when its connections are over',
        'drains: its connections go on, and new ones go elsewhere',
        'deleted: no connections are left, or the drain timeout is over',
        'deleted at once: the drain timeout is 0',
        'deleted at once: UDP has no connections to wait for',
      ],
    );
  });
});
