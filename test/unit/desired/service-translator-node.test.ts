import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { ip, node, service, servicePort } from '../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

const webKey = 'TCP 10.96.0.1:80';
const other = service({ name: 'other', clusterIPs: [ip('10.96.0.2')] });

describe('the addresses of the node', () => {
  const external: readonly Partial<Service>[] = [
    { ports: [servicePort({ nodePort: 30_080 })] },
    { externalIPs: [ip('198.51.100.20')] },
    { loadBalancerIPs: [ip('203.0.113.10')] },
  ];

  function cluster(): TranslatorWorld {
    const world = new TranslatorWorld();
    world.store.setService(service({ name: 'plain' }));
    external.forEach((fields, index) => {
      const clusterIPs = [ip(`10.96.1.${index}`)];
      world.store.setService(service({ name: `external-${index}`, clusterIPs, ...fields }));
    });
    world.translator.nodeAddressesChanged([ip('192.0.2.10')]);
    world.translate();
    return world;
  }

  it('concern the Services with node ports or external VIPs alone', () => {
    const world = cluster();
    world.translator.nodeAddressesChanged([ip('192.0.2.11')]);
    assert.deepEqual(world.translate(), [
      'default/external-0',
      'default/external-1',
      'default/external-2',
    ]);
  });

  it('take the virtual servers of node ports with them', () => {
    const world = cluster();
    assert.ok(world.tables.virtualServers.rows.has('TCP 192.0.2.10:30080'));
    world.translator.nodeAddressesChanged([ip('192.0.2.11')]);
    world.translate();
    assert.ok(!world.tables.virtualServers.rows.has('TCP 192.0.2.10:30080'));
    assert.ok(world.tables.virtualServers.rows.has('TCP 192.0.2.11:30080'));
  });

  it('are no VIPs any more when the node gets them, and are again when it loses them', () => {
    const world = cluster();
    assert.ok(world.tables.boundAddresses.rows.has('198.51.100.20'));
    world.translator.nodeAddressesChanged([ip('198.51.100.20')]);
    world.translate();
    assert.ok(!world.tables.boundAddresses.rows.has('198.51.100.20'));
    assert.ok(world.tables.virtualServers.rows.has('TCP 198.51.100.20:80'));
    world.translator.nodeAddressesChanged([]);
    world.translate();
    assert.ok(world.tables.boundAddresses.rows.has('198.51.100.20'));
  });

  it('no longer concern a Service that gave up its node port, or is gone', () => {
    const world = cluster();
    world.store.setService(service({ name: 'external-0', clusterIPs: [ip('10.96.1.0')] }));
    world.store.deleteService('default/external-1');
    world.translate();
    world.translator.nodeAddressesChanged([]);
    assert.deepEqual(world.translate(), ['default/external-2']);
  });
});

describe('the Node object', () => {
  it('concerns every Service when it changes', () => {
    const world = new TranslatorWorld();
    world.store.setService(service());
    world.store.setService(other);
    world.translate();
    world.store.setNode(node());
    assert.deepEqual(world.translate(), ['default/web', 'default/other']);
  });

  it('brings the addresses of node ports where these are the primary ones', () => {
    const world = new TranslatorWorld({ nodePortAddresses: { kind: 'primary' } });
    world.translator.nodeAddressesChanged([ip('192.0.2.10'), ip('198.18.0.5')]);
    world.store.setService(service({ ports: [servicePort({ nodePort: 30_080 })] }));
    world.translate();
    assert.deepEqual([...world.tables.virtualServers.rows.keys()], [webKey]);
    world.store.setNode(node({ primaryAddresses: [ip('198.18.0.5')] }));
    world.translate();
    assert.deepEqual(
      [...world.tables.virtualServers.rows.keys()],
      [webKey, 'TCP 198.18.0.5:30080'],
    );
  });
});
