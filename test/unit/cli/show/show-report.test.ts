import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { showJson } from '../../../../src/cli/show/json.ts';
import { showText, type TextOptions } from '../../../../src/cli/show/text.ts';
import { everything } from '../../../../src/inspect/service-query.ts';
import {
  endpoint,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../../support/cluster-objects.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';
import { ShownWorld } from '../../../support/shown.ts';

const plain: TextOptions = { detail: 'table', withColours: false, isFiltered: false };
const green = '\u001b[32m';
const web = 'TCP 10.96.0.1:80';

/** `default/web` with persistence and a Pod, programmed, in a kernel with others' virtual servers. */
function usualWorld(): ShownWorld {
  const world = new ShownWorld();
  world.store.setService(
    service({
      ports: [servicePort({ name: 'http' })],
      sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 600 },
    }),
  );
  world.store.setSlice(
    slice([endpoint('10.244.1.1', { podName: 'web-abcde', nodeName: 'node-a' })], {
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    }),
  );
  world.programAll(3, 12);
  world.hold({
    id: virtualServer('10.96.0.2', 53, 'UDP'),
    settings: { ...plainSettings, owned: true },
    realServers: [],
  });
  world.hold({
    id: { kind: 'fwmark', family: 'IPv6', fwmark: 7 },
    settings: { ...plainSettings, scheduler: 'wlc' },
    realServers: [],
  });
  return world;
}

async function textOf(world: ShownWorld, options: Partial<TextOptions> = {}): Promise<string[]> {
  const text = showText(await world.shown(), { ...plain, ...options });
  assert.ok(text.endsWith('\n'));
  return text.slice(0, -1).split('\n');
}

describe('what show prints', () => {
  it('for people names Services, Pods and nodes, what is ours without a Service, and what is foreign', async () => {
    assert.deepEqual(await textOf(usualWorld()), [
      'VIRTUAL SERVER        SERVICE / POD                      SCHEDULER / NODE  STATE    WEIGHT  ACTIVE  INACTIVE',
      'TCP 10.96.0.1:80      default/web:http, persistent 600s  rr                ok               3       12',
      '  -> 10.244.1.1:8080  web-abcde                          node-a (here)     active   1       3       12',
      'UDP 10.96.0.2:53      (unknown)                          rr                unknown',
      '     made by kube-ipvs, and no Service is known to want it',
      'fwmark 7 (IPv6)       (foreign)                          wlc',
    ]);
  });

  it('for people and for programs says which packet filter is used and why', async () => {
    const world = usualWorld();
    world.packetFilter = { kind: 'iptables', why: 'the kernel has no nf_tables' };
    const filterLine = 'Packet filter iptables: the kernel has no nf_tables.';
    assert.deepEqual((await textOf(world)).slice(-2), ['', filterLine]);
    assert.ok(!(await textOf(world, { isFiltered: true })).includes(filterLine));
    assert.deepEqual((await json(world)).packetFilter, world.packetFilter);
  });

  it('for people says when there is nothing', async () => {
    const nothing = new ShownWorld();
    assert.deepEqual(await textOf(nothing), [
      'The kernel holds no virtual server, and no Service wants one.',
    ]);
    assert.deepEqual(await textOf(nothing, { isFiltered: true }), [
      'Nothing here is as asked for.',
    ]);
  });

  it('for people counts the endpoints that get no traffic, and lists them where asked for more', async () => {
    const world = new ShownWorld();
    world.store.setService(service());
    world.store.setSlice(
      slice([
        endpoint('10.244.1.1'),
        endpoint('10.244.1.2', { ...notReady, podName: 'web-b' }),
        endpoint('10.244.1.3', notReady),
      ]),
    );
    world.programAll();
    assert.ok((await textOf(world)).includes('   x 2 endpoints not used: 2 not ready'));
    const wide = await textOf(world, { detail: 'wide' });
    assert.match(
      wide.find((line) => line.includes('10.244.1.2')) ?? '',
      /web-b .*node-b .*not ready/,
    );
  });

  it('for people says for how long a real server drains, and for how long still', async () => {
    const world = new ShownWorld();
    world.store.setService(
      service({ annotations: new Map([['kube-ipvs.io/drain-timeout', '5m']]) }),
    );
    world.store.setSlice(slice([endpoint('10.244.1.1')]));
    world.programAll();
    world.holdRealServers(web, realServer('10.244.1.1'), realServer('10.244.1.9', { weight: 0 }));
    const lineOf = async () => (await textOf(world)).find((line) => line.includes('10.244.1.9'));
    assert.match((await lineOf()) ?? '', / draining {2}/);
    assert.ok(
      (await textOf(world)).some((line) => line.includes('the running daemon alone knows')),
    );
    world.drainingForMs.set(`${web} 10.244.1.9:8080`, 130_000);
    assert.match((await lineOf()) ?? '', / draining for 2m10s, 2m50s left /);
  });

  it('for people says of a scheduler which one it stands for', async () => {
    const world = new ShownWorld();
    world.store.setService(service({ annotations: new Map([['kube-ipvs.io/scheduler', 'best']]) }));
    world.programAll();
    const lines = await textOf(world);
    assert.match(lines[1] ?? '', /rr \(not best\)/);
    assert.deepEqual(lines.slice(-3), [
      'Problems (1):',
      '  UnknownScheduler: Service default/web: metadata.annotations[kube-ipvs.io/scheduler] is "best"; allowed are rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos; the Service runs with rr',
      '    correct the annotation',
    ]);
  });

  it('has colours where they are wanted, and none else', async () => {
    const world = usualWorld();
    const [plainText, coloured] = [
      (await textOf(world)).join('\n'),
      (await textOf(world, { withColours: true })).join('\n'),
    ];
    assert.equal(stripVTControlCharacters(plainText), plainText);
    assert.ok(coloured.includes(`${green}ok    `));
    assert.equal(stripVTControlCharacters(coloured).replace(/ +$/gm, ''), plainText);
  });

  it('sends nothing to the terminal that it would act upon', async () => {
    const world = new ShownWorld();
    const bad = 'rr\u001b]0;title\u0007\u009b31m\u202e';
    world.store.setService(service({ annotations: new Map([['kube-ipvs.io/scheduler', bad]]) }));
    world.programAll();
    for (const detail of ['table', 'wide'] as const) {
      const text = (await textOf(world, { detail })).join('');
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
      assert.match(text, /title/);
    }
  });

  describe('with a virtual server of others at a VIP', () => {
    function worldWithForeign(): ShownWorld {
      const world = new ShownWorld();
      world.store.setService(service());
      world.store.setSlice(slice([endpoint('10.244.1.1')]));
      world.programAll();
      world.hold({
        id: virtualServer('10.96.0.1', 9090),
        settings: plainSettings,
        realServers: [],
      });
      world.hold({ id: virtualServer('10.9.9.9', 9090), settings: plainSettings, realServers: [] });
      return world;
    }

    it('says for people that it is refused, and what to do', async () => {
      const lines = await textOf(worldWithForeign());
      assert.ok(lines.includes('TCP 10.9.9.9:9090     (foreign)           rr'));
      const refused = 'TCP 10.96.0.1:9090    (foreign, refused)  rr                refused';
      assert.deepEqual(lines.slice(lines.indexOf(refused)).slice(0, 2), [
        refused,
        '     it stands at a VIP of default/web',
      ]);
      assert.ok(
        lines.includes(
          '(foreign, refused): a VIP answers on the ports of its Service alone; give the Service that port, or the virtual server an address of its own.',
        ),
      );
    });

    it('says it for programs', async () => {
      const { virtualServers } = await json(worldWithForeign());
      assert.deepEqual(
        virtualServers.map(({ address, refusedAtVipOf }) => [address, refusedAtVipOf]),
        [
          ['10.9.9.9:9090', undefined],
          ['10.96.0.1:80', undefined],
          ['10.96.0.1:9090', 'default/web'],
        ],
      );
    });
  });

  it('for programs comes as it is read, whatever the size of the node', async () => {
    const world = new ShownWorld();
    for (let index = 0; index < 250; index += 1) {
      const clusterIPs = [ip(`10.96.1.${index}`)];
      world.store.setService(service({ name: `web-${index}`, clusterIPs }));
    }
    world.programAll();
    const readsAtEach: number[] = [];
    for await (const part of showJson(world.node, everything, addresses)) {
      if (part.includes('"notServed"')) {
        readsAtEach.push(world.reads.length);
      }
    }
    assert.equal(readsAtEach.length, 250);
    assert.deepEqual([readsAtEach[0], readsAtEach[249]], [1, 3]);
  });

  it('for programs has what the kernel holds, by virtual server', async () => {
    const world = usualWorld();
    world.store.setService(service({ name: 'late', clusterIPs: [ip('10.96.0.9')] }));
    world.translate();
    const { virtualServers, boundAddresses } = await json(world);
    assert.deepEqual(virtualServers, [
      {
        protocol: 'TCP',
        address: '10.96.0.1:80',
        scheduler: 'rr',
        options: '-p 600',
        service: 'default/web',
        owned: true,
        state: { kind: 'in place' },
        realServers: [
          {
            address: '10.244.1.1:8080',
            method: 'masq',
            weight: 1,
            activeConnections: 3,
            inactiveConnections: 12,
            pod: 'web-abcde',
            node: 'node-a',
            zone: null,
            state: { kind: 'active', why: null },
          },
        ],
      },
      {
        protocol: 'UDP',
        address: '10.96.0.2:53',
        scheduler: 'rr',
        service: null,
        owned: true,
        state: { kind: 'unknown', why: 'made by kube-ipvs, and no Service is known to want it' },
        realServers: [],
      },
      {
        fwmark: 7,
        family: 'IPv6',
        scheduler: 'wlc',
        service: null,
        owned: false,
        state: { kind: 'foreign' },
        realServers: [],
      },
    ]);
    assert.deepEqual(boundAddresses, [
      { address: '10.96.0.1/32', owned: true },
      { address: 'fd00::1/128', owned: false },
    ]);
  });

  it('for programs has Services that the kernel lacks, too', async () => {
    const world = new ShownWorld();
    world.store.setService(service());
    world.translate();
    const { virtualServers, services } = await json(world);
    assert.deepEqual(virtualServers, []);
    assert.deepEqual(
      services.map(({ key, virtualServers: [first] }) => [key, first?.state.kind]),
      [['default/web', 'missing']],
    );
  });
});

const addresses = new Map([
  ['fd00::1', { address: ip('fd00::1'), owned: false, settled: true }],
  ['10.96.0.1', { address: ip('10.96.0.1'), owned: true, settled: true }],
]);

/** The JSON, as programs that know nothing of ours take it. */
async function json(world: ShownWorld) {
  let text = '';
  for await (const part of showJson(world.node, everything, addresses)) {
    text += part;
  }
  const read: unknown = JSON.parse(text);
  // In parts, and yet as if it were written at once.
  assert.equal(text, `${JSON.stringify(read, undefined, 2)}\n`);
  return read as {
    readonly packetFilter: unknown;
    readonly virtualServers: readonly { address: string; refusedAtVipOf?: string }[];
    readonly boundAddresses: unknown;
    readonly services: readonly { key: string; virtualServers: { state: { kind: string } }[] }[];
  };
}
