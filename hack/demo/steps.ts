import { access } from 'node:fs/promises';
import { countsByPod, spreadBars } from './bars.ts';
import { becomesTrue, check } from './check.ts';
import type { ListedVirtualServer } from './kernel-table.ts';
import { kubeIpvsOutput } from './kube-ipvs.ts';
import { serviceManifest, sliceManifest } from './manifests.ts';
import { blank, commandOutput, lines, say, subheading } from './screen.ts';
import { evenSpread, schedulerDemos, type SchedulerDemo, type Spread } from './schedulers.ts';
import { virtualServer, type Stage } from './stage.ts';
import { nodeName, podPort, pods, webA, webB, webC, type Pod } from './topology.ts';

/** One step of the walk. It raises StepFailure when something is not as it says. */
export interface Step {
  readonly title: string;
  take(stage: Stage): Promise<void>;
}

const ready = (pod: Pod) => ({ pod, ready: true });

const serviceAppears: Step = {
  title: 'A Service and its EndpointSlice are written',
  take: async (stage) => {
    say(
      'A folder of manifests stands for the API server. A file counts once it has stayed the ' +
        'same for 50 ms; the times below include that.',
    );
    blank();
    await stage.change(
      {
        'service.yaml': serviceManifest(),
        'endpointslice.yaml': sliceManifest([ready(webA), ready(webB)]),
      },
      'virtual server and real servers are in the kernel',
      (listed) => hasRealServers(listed, [webA, webB]),
    );
    blank();
    await stage.showRules(rules('rr', [webA, webB]), 'all');
  },
};

const requestsSpread: Step = {
  title: 'Requests spread over the two Pods',
  take: async (stage) => {
    say(
      'Four clients, twelve requests each, every one over a new connection. Each character is ' +
        'a request: the digit says which client made it, the row which Pod answered it.',
    );
    blank();
    await showSpread(stage, [webA, webB], evenSpread);
  },
};

const annotationChangesScheduler: Step = {
  title: 'The annotation chooses the scheduler, live',
  take: async (stage) => {
    say(
      'The same requests under each scheduler. web-b takes 80 ms for an answer, web-a none. ' +
        'Client 1 also keeps one connection open all the while. With equal weights lc, sed and ' +
        'nq differ little. On a cluster the change would be:',
    );
    lines(['kubectl -n shop annotate service web kube-ipvs.io/scheduler=lc --overwrite']);
    const [first] = await stage.clients.do({ kind: 'hold' });
    for (const demo of schedulerDemos) {
      await showScheduler(stage, demo);
    }
    const [last] = await stage.clients.do({ kind: 'hold' });
    blank();
    check(
      'the connection from before is open still, to the same Pod',
      first?.pod !== undefined && last?.reused === true && last.pod === first.pod,
      `${JSON.stringify(first)}, then ${JSON.stringify(last)}`,
    );
    await stage.clients.do({ kind: 'release' });
  },
};

async function showScheduler(stage: Stage, demo: SchedulerDemo): Promise<void> {
  blank();
  subheading(demo.name, demo.meaning);
  await stage.change(
    { 'service.yaml': serviceManifest(demo.name) },
    `the kernel has ${demo.name}`,
    (listed) => listed?.scheduler === demo.name && hasRealServers(listed, [webA, webB]),
  );
  await stage.showRules(rules(demo.name, [webA, webB]), 'virtual servers');
  const { statement, holds } = demo.spread;
  await showSpread(stage, [webA, webB], { statement: `${demo.name}: ${statement}`, holds });
}

const wrongAnnotation: Step = {
  title: 'A wrong annotation costs no request',
  take: async (stage) => {
    await stage.change(
      { 'service.yaml': serviceManifest('sh') },
      'the kernel has sh',
      (listed) => listed?.scheduler === 'sh',
    );
    await stage.change(
      { 'service.yaml': serviceManifest('fastest') },
      'the kernel has rr, the default',
      (listed) => listed?.scheduler === 'rr' && hasRealServers(listed, [webA, webB]),
    );
    const complaint = () => stage.kubeIpvs.log.find((message) => message.includes('"fastest"'));
    await becomesTrue(() => complaint() !== undefined, 2000);
    check(
      'the log names the object, the value and what is allowed:',
      complaint() !== undefined,
      'nothing',
    );
    say(complaint() ?? '');
    await showSpread(stage, [webA, webB], evenSpread);
    blank();
    say('Putting it right takes effect at once. (With equal weights wrr is as rr.)');
    await stage.change(
      { 'service.yaml': serviceManifest('wrr') },
      'the kernel has wrr',
      (listed) => listed?.scheduler === 'wrr' && hasRealServers(listed, [webA, webB]),
    );
  },
};

const scaleUp: Step = {
  title: 'Scale-up: a third Pod',
  take: async (stage) => {
    await stage.change(
      { 'endpointslice.yaml': sliceManifest([ready(webA), ready(webB), ready(webC)]) },
      'web-c is a real server',
      (listed) => hasRealServers(listed, pods),
    );
    await stage.showRules(rules('wrr', pods), 'all');
    await showSpread(stage, pods, evenSpread);
  },
};

const unready: Step = {
  title: 'A Pod becomes unready',
  take: async (stage) => {
    await stage.change(
      {
        'endpointslice.yaml': sliceManifest([
          ready(webA),
          { pod: webB, ready: false },
          ready(webC),
        ]),
      },
      'web-b gets no new connections from the kernel',
      (listed) => hasRealServers(listed, [webA, webC]),
    );
    await showSpread(stage, pods, {
      statement: 'web-b has nothing, the others share evenly',
      holds: (answers) => evenSpread.holds(answers, [webA, webC]),
    });
  },
};

const stop: Step = {
  title: 'kube-ipvs stops: traffic goes on',
  take: async (stage) => {
    const code = await stage.kubeIpvs.stop();
    check('on SIGTERM it ends with exit code 0', code === 0, String(code));
    const shown = await kubeIpvsOutput([
      'show',
      '--manifests',
      stage.folder,
      '--node-name',
      nodeName,
    ]);
    commandOutput('kube-ipvs show', shown.trimEnd().split('\n'));
    check('the virtual server is still there', shown.includes(virtualServer), shown);
    await showSpread(stage, [webA, webC], evenSpread);
  },
};

const cleanup: Step = {
  title: 'Cleanup leaves nothing',
  take: async (stage) => {
    const removed = await kubeIpvsOutput(['cleanup', '--log-level', 'error']);
    commandOutput('kube-ipvs cleanup', removed.trimEnd().split('\n'));
    await stage.showRules([], 'all');
    check('no rule is left in the kernel', true, '');
    check('the link kube-ipvs0 is gone', !(await exists('/sys/class/net/kube-ipvs0')), 'it exists');
    const answers = await stage.clients.do({ kind: 'load', requestsPerClient: 1 });
    const errors = [
      ...new Set(answers.map(({ pod, error }) => error ?? `answered by ${String(pod)}`)),
    ];
    const refused = ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED'];
    check(
      `clients are told at once that nobody is there (${errors.join(', ')})`,
      errors.every((error) => refused.includes(error)),
      errors.join(', '),
    );
  },
};

/** All steps, in their order. */
export const steps: readonly Step[] = [
  serviceAppears,
  requestsSpread,
  annotationChangesScheduler,
  wrongAnnotation,
  scaleUp,
  unready,
  stop,
  cleanup,
];

async function showSpread(stage: Stage, among: readonly Pod[], spread: Spread): Promise<void> {
  const answers = await stage.load();
  lines(spreadBars(answers, among));
  const counts = countsByPod(answers, pods).map(
    (count, index) => `${pods[index]?.name ?? ''} ${count}`,
  );
  check(spread.statement, spread.holds(answers, among), counts.join(', '));
}

/** Whether these Pods get new connections, and no others. */
function hasRealServers(
  listed: ListedVirtualServer | undefined,
  expected: readonly Pod[],
): boolean {
  const active = [...(listed?.weights ?? [])].filter(([, weight]) => weight > 0);
  const wanted = expected.map(endpointOf);
  return active.length === wanted.length && active.every(([address]) => wanted.includes(address));
}

function rules(scheduler: string, realServers: readonly Pod[]): string[] {
  return [
    `-A -t ${virtualServer} -s ${scheduler}`,
    ...realServers.map((pod) => `-a -t ${virtualServer} -r ${endpointOf(pod)} -m -w 1`),
  ];
}

function endpointOf({ address }: Pod): string {
  return `${address}:${podPort}`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
