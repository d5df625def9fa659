import assert from 'node:assert/strict';
import { toGoldenShape } from '../../src/cli/golden-shape.ts';
import { ip } from '../support/cluster-objects.ts';
import type { VirtualServer } from '../../src/kernel/ipvs/model.ts';
import { schedulerFlagBits } from '../../src/kernel/ipvs/schedulers.ts';
import { frontEnd, realServers, type FrontEndFields } from '../support/rows.ts';

const persistence = { timeoutSeconds: 600, prefixLength: 32 };

function server(fields: Partial<FrontEndFields> = {}): VirtualServer {
  return frontEnd(fields).virtualServer;
}

describe('the golden shape', () => {
  it('orders virtual servers by protocol, then by address and port as text', () => {
    const shape = toGoldenShape(
      [
        server({ address: ip('fd00:96::1') }),
        server({ protocol: 'UDP', port: 53 }),
        server({ port: 80 }),
        server({ port: 443 }),
        server({ address: ip('10.96.0.10') }),
        server({ protocol: 'SCTP', port: 3868 }),
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
      [server({ realServers: realServers('10.244.1.9', '10.244.1.10') })],
      [ip('fd00:96::1'), ip('10.96.0.1'), ip('10.96.0.1')],
    );
    assert.deepEqual(shape.virtualServers[0]?.realServers, [
      { address: '10.244.1.10:8080', method: 'masq', weight: 1 },
      { address: '10.244.1.9:8080', method: 'masq', weight: 1 },
    ]);
    assert.deepEqual(shape.boundAddresses, ['10.96.0.1/32', 'fd00:96::1/128']);
  });

  it('has options for persistent virtual servers only', () => {
    const shape = toGoldenShape([server(), server({ port: 81, persistence })], []);
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
        server({ scheduler: 'mh', schedulerFlags: schedulerFlagBits({ names: ['mh-port'] }) }),
        server({
          port: 81,
          scheduler: 'sh',
          schedulerFlags: schedulerFlagBits({ names: ['sh-fallback', 'sh-port'] }),
          persistence,
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
