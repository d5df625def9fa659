import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { iptables } from '../support/iptables-variant.ts';
import { inHost, podAddress } from '../support/network.ts';
import { serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';

const auditSeconds = 1;
/** The kernel itself starts a thread now and then: in one of so many periods, the last, it does not. */
const periods = 5;

describe('the steady state', function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: web('pod-a2'),
      agents: {
        'pod-a1': [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'pod-b2': endpointListeners(podAddress['pod-b2']),
      },
      configuration: { ipvs: { syncPeriod: `${auditSeconds}s` } },
    });
    // The threads of both programs are there after the first use of files.
    await world.folder.put(web('pod-b2'));
    await answersFrom('pod-b2');
  });
  after(() => world.remove());

  it('starts no process over audits', async () => {
    const started: number[] = [];
    for (let period = 0; period < periods && !started.includes(0); period += 1) {
      started.push(await processesDuring(() => delay(2.5 * auditSeconds * 1000)));
    }
    console.log(`      processes started in each period of 2 audits: ${started.join(' ')}`);
    assert.equal(Math.min(...started), 0);
  });

  it('starts no process for changes of endpoints', async () => {
    const started: number[] = [];
    for (let period = 0; period < periods && !started.includes(0); period += 1) {
      const pod = period % 2 === 0 ? 'pod-a2' : 'pod-b2';
      started.push(
        await processesDuring(async () => {
          await world.folder.put(web(pod));
          await answersFrom(pod);
          await delay(300);
        }),
      );
    }
    console.log(`      processes started in each change: ${started.join(' ')}`);
    assert.equal(Math.min(...started), 0);
  });

  it('repairs with processes, so that the count can tell', async () => {
    let before = 0;
    await world.program().pausedDuring(async () => {
      await inHost('node-a', `${iptables} -F KIPVS-INPUT`);
      before = await processesStarted();
    });
    await delay(2.5 * auditSeconds * 1000);
    // One that reads the rules, one that writes them.
    assert.equal((await processesStarted()) - before, 2);
  });

  /** Waits until all kinds of connections reach this Pod alone. */
  async function answersFrom(pod: string): Promise<void> {
    for (let by = ''; by !== pod;) {
      await delay(20);
      const outcomes = await Promise.all(
        (['TCP', 'UDP', 'SCTP'] as const).map((protocol) =>
          world.agent('pod-a1').ask({
            protocol,
            address: vipOf('cluster IP', 1).IPv6,
            port: servicePort,
          }),
        ),
      );
      by = [
        ...new Set(outcomes.map((outcome) => (outcome.kind === 'answered' ? outcome.by : ''))),
      ].join(' ');
    }
  }
});

function web(pod: 'pod-a2' | 'pod-b2'): readonly unknown[] {
  return serviceObjects({
    name: 'web',
    number: 1,
    endpoints: [{ addresses: podAddress[pod], nodeName: pod === 'pod-a2' ? 'node-a' : 'node-b' }],
  });
}

/** How many processes and threads the machine has started meanwhile, by the kernel's count. */
async function processesDuring(run: () => Promise<unknown>): Promise<number> {
  const before = await processesStarted();
  await run();
  return (await processesStarted()) - before;
}

async function processesStarted(): Promise<number> {
  const [, count] = /^processes (\d+)$/m.exec(await readFile('/proc/stat', 'latin1')) ?? [];
  return Number(count);
}
