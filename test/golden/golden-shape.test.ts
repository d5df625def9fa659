import assert from 'node:assert/strict';
import { toGoldenShape } from '../../src/cli/golden-shape.ts';
import { ip } from '../support/cluster-objects.ts';
import { realServers, frontEnd } from '../support/rows.ts';

describe('the golden shape', () => {
  it('orders virtual servers by protocol, then by address and port as text', () => {
    const shape = toGoldenShape(
      [
        frontEnd({ address: ip('fd00:96::1') }),
        frontEnd({ protocol: 'UDP', port: 53 }),
        frontEnd({ port: 80 }),
        frontEnd({ port: 443 }),
        frontEnd({ address: ip('10.96.0.10') }),
        frontEnd({ protocol: 'SCTP', port: 3868 }),
      ],
      [],
    );
    assert.deepEqual(
      shape.virtualServers.map(({ protocol, address }) => `${protocol} ${address}`),
      [
        'SCTP 10.96.0.1:3868',
        'TCP 10.96.0.10:80',
        'TCP 10.96.0.1:443',
        'TCP 10.96.0.1:80',
        'TCP [fd00:96::1]:80',
        'UDP 10.96.0.1:53',
      ],
    );
  });

  it('orders real servers and bound addresses by text', () => {
    const shape = toGoldenShape(
      [frontEnd({ realServers: realServers('10.244.1.9', '10.244.1.10') })],
      [ip('fd00:96::1'), ip('10.96.0.1'), ip('10.96.0.1')],
    );
    assert.deepEqual(shape.virtualServers[0]?.realServers, [
      { address: '10.244.1.10:8080', method: 'masq', weight: 1 },
      { address: '10.244.1.9:8080', method: 'masq', weight: 1 },
    ]);
    assert.deepEqual(shape.boundAddresses, ['10.96.0.1/32', 'fd00:96::1/128']);
  });

  it('has options for persistent virtual servers only', () => {
    const shape = toGoldenShape(
      [frontEnd(), frontEnd({ port: 81, persistenceSeconds: 600 })],
      [],
    );
    assert.deepEqual(shape.virtualServers, [
      { protocol: 'TCP', address: '10.96.0.1:80', scheduler: 'rr', realServers: [] },
      {
        protocol: 'TCP',
        address: '10.96.0.1:81',
        scheduler: 'rr',
        options: '-p 600',
        realServers: [],
      },
    ]);
  });

  it("has the scheduler's flags as ipvsadm prints them, after the persistence", () => {
    const shape = toGoldenShape(
      [
        frontEnd({ scheduler: 'mh', schedulerFlags: { names: ['mh-port'] } }),
        frontEnd({
          port: 81,
          scheduler: 'sh',
          schedulerFlags: { names: ['sh-fallback', 'sh-port'] },
          persistenceSeconds: 600,
        }),
      ],
      [],
    );
    assert.deepEqual(
      shape.virtualServers.map(({ options }) => options),
      ['-b mh-port', '-p 600 -b sh-fallback,sh-port'],
    );
  });
});
