import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { healthOf } from '../support/health-endpoint.ts';
import { iptables, iptablesVariant } from '../support/iptables-variant.ts';
import { emptyPacketFilter } from '../support/kernel-state.ts';
import { inHost, nodeAddress, podAddress } from '../support/network.ts';
import { emptyHost } from '../support/network-state.ts';
import { nodePortOf, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld, type WorldOptions } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';
import { runCommand } from '../support/run-command.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Nobody's Service has it; on the node something listens there, on every address. */
const ownPort = 2222;

/** One Service that nobody outside may reach, by its ranges, and one that everybody may. */
const options: WorldOptions = {
  nodes: [],
  objects: [
    ...serviceObjects({
      name: 'guarded',
      number: 1,
      endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
      spec: { loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8:77::/64'] },
    }),
    ...serviceObjects({
      name: 'web',
      number: 2,
      endpoints: [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }],
    }),
  ],
  agents: {
    'pod-a1': [],
    'pod-a2': endpointListeners(podAddress['pod-a2']),
    'pod-b2': endpointListeners(podAddress['pod-b2']),
    'node-a': [{ protocol: 'TCP', address: '0.0.0.0', port: ownPort }],
    outside: [],
  },
};

describe('a packet filter', function () {
  this.timeout(300_000 * patience);
  let world: NetworkWorld;

  before(async () => {
    // What other tests have left in this kernel holds modules that are to be taken away.
    await emptyPacketFilter();
    world = await NetworkWorld.build(options);
  });
  after(() => world.remove());

  describe('that cannot be had at the start', () => {
    afterEach(async () => {
      await world.stopProgram('node-a');
      await emptyHost('node-a');
    });

    it('comes when the lock of iptables is free, and the node is not ready before', async function () {
      if (iptablesVariant === 'nft') {
        this.skip(); // It has no lock.
      }
      await runCommand('sh', '-ec', programsThatWait(1));
      const holder = await holdLock();
      try {
        await world.startProgram('node-a');
        const waiting = await healthOf('node-a', '/readyz');
        assert.equal(waiting.status, 503);
        assert.match(waiting.waitingFor.join('; '), /xtables lock/);
        assert.equal(await ask('203.0.113.1', servicePort), 'answered');
      } finally {
        holder.kill();
        await runCommand('sh', '-ec', programsThatWait(undefined));
      }
      await isReady();
      await filters();
    });

    it('comes with the program that was missing', async () => {
      await runCommand('sh', '-c', renamePrograms('', '.away'));
      try {
        await world.startProgram('node-a');
        const waiting = await healthOf('node-a', '/readyz');
        assert.equal(waiting.status, 503);
        assert.match(waiting.waitingFor.join('; '), /the program iptables-legacy-save is missing/);
      } finally {
        await runCommand('sh', '-c', renamePrograms('.away', ''));
      }
      await isReady();
      await filters();
    });

    it('lacks no more than what a missing type of set is for, and gets it with the module', async () => {
      const modprobeFile = '/etc/modprobe.d/kube-ipvs-test.conf';
      await runCommand('modprobe', '-r', 'ip_set_hash_ipportnet');
      await writeFile(modprobeFile, 'install ip_set_hash_ipportnet /bin/false\n');
      try {
        await world.startProgram('node-a', { ipvs: { syncPeriod: '2s' } });
        assert.match(
          world.program().complaints.join('\n'),
          /load the module ip_set_hash_ipportnet. Until then loadBalancerSourceRanges are not enforced/,
        );
        // It can never be had on this kernel as it is: no reason to wait.
        assert.deepEqual(await healthOf('node-a', '/readyz'), { status: 200, waitingFor: [] });
        assert.equal(await ask('203.0.113.1', servicePort), 'answered');
        assert.equal(await ask(vipOf('cluster IP', 2).IPv4, ownPort), 'refused');
      } finally {
        await rm(modprobeFile);
        await runCommand('modprobe', 'ip_set_hash_ipportnet');
      }
      await filters();
    });

    it('is tried once for each thing that it lacks, in few processes', async () => {
      const modprobeFile = '/etc/modprobe.d/kube-ipvs-test.conf';
      await runCommand('modprobe', '-r', 'xt_REDIRECT');
      await writeFile(modprobeFile, 'install xt_REDIRECT /bin/false\n');
      try {
        const before = await processesStarted();
        await world.startProgram('node-a', {
          kubeIpvs: { iptablesVariant },
          ipvs: { syncPeriod: '2s' },
        });
        const started = (await processesStarted()) - before;
        console.log(`      processes and threads started: ${started}`);
        assert.ok(started < 130, String(started));
        assert.match(
          world.program().complaints.join('\n'),
          new RegExp(`${iptables} lacks target REDIRECT \\(kernel modules: xt_REDIRECT\\)`),
        );
        assert.deepEqual(await healthOf('node-a', '/readyz'), { status: 200, waitingFor: [] });
        await filters();
      } finally {
        await rm(modprobeFile);
        await runCommand('modprobe', 'xt_REDIRECT');
      }
      await untilAnswered(
        'the rules that need it are there',
        async () => (await inHost('node-a', `${iptables} -t nat -S`)).includes('-j REDIRECT'),
        30_000,
      );
    });

    /** All that the filter is for. */
    async function filters(): Promise<void> {
      await untilAnswered(
        'the ranges are enforced',
        async () => (await ask('203.0.113.1', servicePort)) === 'silent',
        60_000,
      );
      assert.equal(await ask(vipOf('cluster IP', 2).IPv4, ownPort), 'refused');
      const nodePort = nodePortOf(2, 'TCP');
      assert.equal(await ask(nodeAddress['node-a'].IPv4, nodePort), 'answered');
    }

    async function ask(address: string, port: number): Promise<string> {
      const question = { protocol: 'TCP', address, port, timeoutMs: 1500 * patience } as const;
      return (await world.agent('outside').ask(question)).kind;
    }
  });

  describe('with a set that has our name and another type', () => {
    before(async () => {
      await world.startProgram('node-a');
    });

    it('of an older version at work is replaced while connections go on', async () => {
      await world.program().stop();
      await inHost('node-a', likeAnOlderVersion);
      const outcomes: string[] = [];
      const client = { isAsking: true };
      const asked = (async () => {
        while (client.isAsking) {
          outcomes.push(await ask());
        }
      })();
      try {
        await world.startProgram('node-a', { ipvs: { syncPeriod: '2s' } });
        await isReady();
        await untilAnswered(
          'the old set is gone',
          async () => {
            const names = await inHost('node-a', 'ipset list -n');
            return !names.split('\n').includes('kube-ipvs-external-4');
          },
          30_000,
        );
      } finally {
        client.isAsking = false;
        await asked;
      }
      console.log(`      ${outcomes.length} connections`);
      assert.ok(outcomes.length > 20);
      assert.deepEqual([...new Set(outcomes)], ['answered']);
      const entries = await inHost('node-a', 'ipset list kube-ipvs-external-4-b');
      assert.match(entries, /Type: hash:ip,port$/m);
      assert.match(entries, /^172\.31\.1\.10,tcp:30002$/m);
    });

    it('stays replaced after a restart', async () => {
      await world.program().stop();
      await world.startProgram('node-a');
      assert.doesNotMatch(world.program().complaints.join('\n'), /masquerade|kube-ipvs-/);
      assert.equal(await ask(), 'answered');
      const names = await inHost('node-a', 'ipset list -n');
      assert.ok(!names.split('\n').includes('kube-ipvs-external-4'));
    });

    /** By the node port of an endpoint on the other node: without masquerade its answers are lost. */
    async function ask(): Promise<string> {
      const address = nodeAddress['node-a'].IPv4;
      const port = nodePortOf(2, 'TCP');
      const question = { protocol: 'TCP', address, port, timeoutMs: 900 * patience } as const;
      return (await world.agent('outside').ask(question)).kind;
    }
  });
});

/** The same chains, but that one of their sets is of addresses alone. */
const likeAnOlderVersion = `
  save=$(${iptables}-save)
  ${iptables} -F; ${iptables} -t nat -F; ${iptables} -t mangle -F
  ${iptables} -X; ${iptables} -t nat -X; ${iptables} -t mangle -X
  ipset destroy kube-ipvs-external-4
  ipset create kube-ipvs-external-4 hash:ip
  for i in 172.31.1.10 203.0.113.1 203.0.113.2 10.97.0.1 10.97.0.2; do ipset add kube-ipvs-external-4 $i; done
  echo "$save" | sed 's/\\(kube-ipvs-external-4\\) dst,dst/\\1 dst/' | ${iptables}-restore`;

/** Another program that holds the lock for longer than the start takes. */
async function holdLock(): Promise<ChildProcess> {
  const holder = spawn('flock', ['/run/xtables.lock', '-c', 'echo held; exec sleep 200'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(holder.stdout, 'data');
  const { pid } = holder;
  return Object.assign(holder, {
    // With what it has started, which holds the lock.
    kill: () => pid !== undefined && process.kill(-pid, 'SIGKILL'),
  });
}

/**
 * Makes the programs wait so many seconds for the lock, whatever they are told; undefined: what they are
 * told, which is ten seconds.
 */
function programsThatWait(seconds: number | undefined): string {
  return ['iptables', 'ip6tables']
    .map((name) => `${name}-legacy-restore`)
    .map((name) => {
      const path = `/usr/sbin/${name}`;
      return seconds === undefined
        ? `mv ${path}.own ${path}`
        : `mv ${path} ${path}.own
           printf '#!/bin/sh\nexec xtables-legacy-multi ${name} --noflush -w ${seconds}\n' >${path}
           chmod 755 ${path}`;
    })
    .join('\n');
}

function renamePrograms(from: string, to: string): string {
  return ['iptables', 'ip6tables']
    .flatMap((name) => ['legacy', 'nft'].map((variant) => `${name}-${variant}`))
    .flatMap((name) => ['save', 'restore'].map((what) => `/usr/sbin/${name}-${what}`))
    .map((path) => `mv ${path}${from} ${path}${to}`)
    .join('; ');
}

/** Asks again and again until the answer is yes. */
async function untilAnswered(
  what: string,
  question: () => Promise<boolean>,
  limitMs: number,
): Promise<void> {
  const endMs = performance.now() + limitMs * patience;
  while (!(await question())) {
    assert.ok(performance.now() < endMs, `${what}: not within ${limitMs * patience} ms`);
    await delay(200);
  }
}

async function isReady(): Promise<void> {
  await untilAnswered(
    'the node is ready',
    async () => (await healthOf('node-a', '/readyz')).status === 200,
    60_000,
  );
}

async function processesStarted(): Promise<number> {
  const stat = await runCommand('grep', '^processes', '/proc/stat');
  return Number(stat.split(' ')[1]);
}
