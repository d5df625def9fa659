import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseService } from '../../../src/cluster/parse-service.ts';
import type { Decision, ServiceFate } from '../../../src/translate/decisions.ts';
import { formatVirtualServer } from '../../../src/kernel/ipvs/model.ts';
import { translateService } from '../../../src/translate/translate-service.ts';
import {
  arbitraryNodeAddresses,
  arbitraryOptions,
  arbitraryService,
  arbitrarySlice,
} from '../../support/arbitrary-cluster.ts';
import { endpoint, service, slice } from '../../support/cluster-objects.ts';
import {
  decide as decideAbout,
  notMet,
  RememberedDecisions,
  usedAtFrontEnds,
} from '../../support/decisions.ts';
import { placeAt } from '../../support/place.ts';

const met: Decision[] = [];

function decide(...given: Parameters<typeof decideAbout>): RememberedDecisions {
  const decisions = decideAbout(...given);
  met.push(...decisions.all);
  return decisions;
}

describe('the decision about a Service', () => {
  for (const [name, fields, line] of [
    ['that is served', {}, 'served'],
    [
      'of another proxy',
      { proxyName: 'somebody' },
      'not served: the label service.kubernetes.io/service-proxy-name leaves it to the proxy "somebody"',
    ],
    ['without ports', { ports: [] }, 'not served: it has no port'],
  ] as const) {
    it(name, () => {
      assert.deepEqual(decide(service(fields)).about('Service'), [line]);
    });
  }

  for (const [spec, line] of [
    [{ clusterIP: 'None' }, 'not served: it is headless, clients connect to its Pods themselves'],
    [
      { type: 'ExternalName', externalName: 'example.com' },
      'not served: it is of type ExternalName, a name in DNS alone',
    ],
  ] as const) {
    it(`as the API server has it: ${line}`, () => {
      const { value } = parseService({
        metadata: { name: 'web', namespace: 'default' },
        spec: { ...spec, ports: [{ port: 80 }] },
      });
      assert.ok(value !== undefined);
      assert.deepEqual(decide(value, [slice([endpoint('10.244.1.1')])]).lines, [line]);
    });
  }

  it('was of each kind in these tests', () => {
    const fates: Readonly<Record<ServiceFate['kind'], true>> = {
      served: true,
      'left to another proxy': true,
      ExternalName: true,
      headless: true,
      'without ports': true,
    };
    const ofServices = met.filter(({ about }) => about === 'Service');
    assert.deepEqual(
      notMet(
        fates,
        ofServices.map(({ fate }) => fate.kind),
      ),
      [],
    );
  });
});

describe('decisions', () => {
  const anyPlace = fc
    .record({ addresses: arbitraryNodeAddresses, vip: fc.constantFrom('10.96.0.2', 'fd00:96::1') })
    .map(({ addresses, vip }) => ({
      ...placeAt(...addresses),
      isVip: ({ text }: { readonly text: string }) => text === vip,
    }));
  const anything = [
    arbitraryService,
    fc.array(arbitrarySlice, { maxLength: 4 }),
    anyPlace,
    arbitraryOptions,
  ] as const;

  it('change nothing: the rows are the same with a recorder and without', () => {
    fc.assert(
      fc.property(...anything, (of, slices, at, { translation }) => {
        assert.deepEqual(
          translateService(of, slices, at, translation, new RememberedDecisions()),
          translateService(of, slices, at, translation),
        );
      }),
    );
  });

  it('say of each real server, and of no other endpoint, that it is used', () => {
    fc.assert(
      fc.property(...anything, (of, slices, at, { translation }) => {
        const decisions = new RememberedDecisions();
        const { virtualServers } = translateService(of, slices, at, translation, decisions);
        const rows = virtualServers.map(({ virtualServer: { id, realServers } }) => [
          formatVirtualServer(id),
          [...realServers.keys()].toSorted(),
        ]);
        assert.deepEqual(usedAtFrontEnds(decisions.all), rows);
      }),
    );
  });

  it('are made of each mention of an endpoint once for each port and traffic that is served', () => {
    fc.assert(
      fc.property(...anything, (of, slices, at, { translation }) => {
        const decisions = new RememberedDecisions();
        translateService(of, slices, at, translation, decisions);
        const mentions = slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
        const counts = new Map<string, number>();
        for (const decision of decisions.all) {
          if (decision.about === 'endpoint') {
            const { port, traffic } = decision;
            const key = `${port.protocol} ${port.port} ${traffic}`;
            counts.set(key, (counts.get(key) ?? 0) + 1);
          }
        }
        for (const [key, count] of counts) {
          assert.ok(
            key.endsWith('internal') ? count === mentions : count <= mentions,
            `${key}: ${count} decisions about ${mentions} endpoints`,
          );
        }
      }),
    );
  });
});
