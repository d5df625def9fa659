import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { TestFolder } from '../support/cli-folder.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import { emptyKernel, shell } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';
import { rawNode, rawService, rawSlice } from '../support/manifests.ts';

const here = 'node-a';
const elsewhere = 'node-b';

interface Pod {
  readonly address: string;
  readonly nodeName: string;
  readonly conditions?: Readonly<Record<string, boolean>>;
}

/** A load balancer of policy Local with two ports, and its endpoints. */
function loadBalancer(
  name: string,
  last: number,
  healthCheckNodePort: number,
  pods: readonly Pod[],
  spec: Readonly<Record<string, unknown>> = {},
): readonly unknown[] {
  const ports = [
    { name: 'http', protocol: 'TCP', port: 80 },
    { name: 'https', protocol: 'TCP', port: 443 },
  ];
  const clusterIP = `10.96.0.${last}`;
  return [
    rawService(name, {
      type: 'LoadBalancer',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: ports.map((port) => ({ ...port, nodePort: 30_000 + port.port + last })),
      externalTrafficPolicy: 'Local',
      healthCheckNodePort,
      ...spec,
    }),
    rawSlice(`${name}-1`, name, {
      endpoints: pods.map(({ address, ...others }) => ({ addresses: [address], ...others })),
      ports: ports.map(({ port, ...others }) => ({ ...others, port: 8000 + port })),
    }),
  ];
}

const twoHere = [
  { address: '10.244.1.1', nodeName: here },
  { address: '10.244.1.2', nodeName: here },
  { address: '10.244.2.1', nodeName: elsewhere },
];
const noneHere = [{ address: '10.244.2.1', nodeName: elsewhere }];

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly weight: string | null;
  readonly body: unknown;
}

/** What a load balancer gets; `refused` where nobody listens, `cut off` while that begins. */
async function ask(port: number, host = '192.0.2.10'): Promise<Answer | 'refused' | 'cut off'> {
  try {
    const response = await fetch(`http://${host}:${port}/healthz`, {
      headers: { connection: 'close' },
    });
    const { status, headers } = response;
    return {
      status,
      type: headers.get('content-type'),
      weight: headers.get('x-load-balancing-endpoint-weight'),
      body: await response.json(),
    };
  } catch (error) {
    assert.ok(error instanceof Error);
    // What fetch gives as the cause is an errno exception.
    const { code } = error.cause as NodeJS.ErrnoException;
    if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') {
      return 'cut off';
    }
    assert.equal(code, 'ECONNREFUSED');
    return 'refused';
  }
}

function answer(name: string, localEndpoints: number): Answer {
  return {
    status: localEndpoints > 0 ? 200 : 503,
    type: 'application/json',
    weight: String(localEndpoints),
    body: {
      service: { namespace: 'default', name },
      localEndpoints,
      serviceProxyHealthy: true,
    },
  };
}

describe('at the health-check node port of a load balancer of policy Local', () => {
  let folder: TestFolder;
  let program: KernelDaemon;

  async function start(fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    program = await KernelDaemon.start(folder.manifests, here, fields);
  }

  before(async () => {
    await emptyKernel();
    await shell(`
      ip link add eth0 type dummy; ip link set eth0 up
      ip addr add 192.0.2.10/24 dev eth0; ip addr add 198.18.0.5/24 dev eth0
      ip addr add 2001:db8::10/64 dev eth0 nodad`);
    folder = new TestFolder();
    folder.write('some.json', loadBalancer('some', 1, 32_001, twoHere));
    folder.write('none.json', loadBalancer('none', 2, 32_002, noneHere));
  });
  after(async () => {
    await program.stop();
    folder.delete();
    await emptyKernel();
    await shell('ip link delete eth0');
  });

  describe('while this program runs', () => {
    before(() => start());
    after(() => program.stop());

    for (const host of ['192.0.2.10', '198.18.0.5', '127.0.0.1', '[2001:db8::10]']) {
      it(`at ${host}, the number of ready endpoints of this node is told, each Pod once`, async () => {
        await becomes(() => ask(32_001, host), answer('some', 2));
        await becomes(() => ask(32_002, host), answer('none', 0));
      });
    }

    it('endpoints that come and go are told, and those that are not ready do not count', async () => {
      const [one = noneHere[0], two] = twoHere;
      assert.ok(one && two);
      const conditions = { ready: false, serving: true, terminating: true };
      folder.write('none.json', loadBalancer('none', 2, 32_002, twoHere));
      await becomes(() => ask(32_002), answer('none', 2));
      folder.write('none.json', loadBalancer('none', 2, 32_002, [one, { ...two, conditions }]));
      await becomes(() => ask(32_002), answer('none', 1));
      folder.write('none.json', loadBalancer('none', 2, 32_002, [{ ...one, conditions }]));
      await becomes(() => ask(32_002), answer('none', 0));
    });

    it('nobody listens once it has another port, another policy, or the Service is gone', async () => {
      folder.write('some.json', loadBalancer('some', 1, 32_003, twoHere));
      await becomes(() => ask(32_001), 'refused' as const);
      await becomes(() => ask(32_003), answer('some', 2));
      folder.write(
        'some.json',
        loadBalancer('some', 1, 32_003, twoHere, { externalTrafficPolicy: 'Cluster' }),
      );
      await becomes(() => ask(32_003), 'refused' as const);
      folder.remove('none.json');
      await becomes(() => ask(32_002), 'refused' as const);
    });

    it('one that somebody else listens at is logged, and the others answer', async () => {
      const somebody = createServer().listen(32_004, '::');
      await once(somebody, 'listening');
      folder.write('busy.json', loadBalancer('busy', 4, 32_004, twoHere));
      folder.write('free.json', loadBalancer('free', 5, 32_005, twoHere));
      await becomes(() => ask(32_005), answer('free', 2));
      await becomes(() => {
        const told = program.log.filter(({ service }) => service === 'default/busy');
        return told.map(({ level, port }) => ({ level, port }));
      }, [{ level: 'error', port: 32_004 }]);
      somebody.close();
      await once(somebody, 'close');
      folder.remove('busy.json');
      folder.remove('free.json');
      await becomes(() => ask(32_005), 'refused' as const);
    });
  });

  it('nobody listens when this program has ended', async () => {
    folder.write('some.json', loadBalancer('some', 1, 32_001, twoHere));
    await start();
    await becomes(() => ask(32_001), answer('some', 2));
    await program.stop();
    assert.equal(await ask(32_001), 'refused');
  });

  it('only the addresses that nodePortAddresses names answer', async () => {
    await start({ nodePortAddresses: ['198.18.0.0/16'] });
    await becomes(() => ask(32_001, '198.18.0.5'), answer('some', 2));
    assert.equal(await ask(32_001, '192.0.2.10'), 'refused');
    assert.equal(await ask(32_001, '127.0.0.1'), 'refused');

    await shell('ip addr add 198.18.0.6/24 dev eth0');
    await becomes(() => ask(32_001, '198.18.0.6'), answer('some', 2));
    await program.stop();
  });

  it('only the primary addresses of the Node answer where nodePortAddresses says so', async () => {
    const status = { addresses: [{ type: 'InternalIP', address: '192.0.2.10' }] };
    folder.write('node.json', [{ ...rawNode(here), status }]);
    await start({ nodePortAddresses: ['primary'] });
    await becomes(() => ask(32_001, '192.0.2.10'), answer('some', 2));
    assert.equal(await ask(32_001, '198.18.0.5'), 'refused');

    const moved = { addresses: [{ type: 'InternalIP', address: '198.18.0.5' }] };
    folder.write('node.json', [{ ...rawNode(here), status: moved }]);
    await becomes(() => ask(32_001, '198.18.0.5'), answer('some', 2));
    await becomes(() => ask(32_001, '192.0.2.10'), 'refused' as const);
    await program.stop();
  });
});
