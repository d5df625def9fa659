import { release } from 'node:os';
import { banner, blank, failed, heading, lines, say } from './screen.ts';
import { Stage } from './stage.ts';
import { steps } from './steps.ts';

/**
 * The guided walk of `npm run demo`. Exit code 0 when every step did what it says; else 1, with the
 * step and what was found. It rebuilds the network of the machine it runs on, hence the test kernel.
 */
const scene = [
  '  four clients  10.244.0.11-14        another Pod of the node',
  '       |',
  '    node-a      VIP 10.96.0.10:80     IPVS, ruled by kube-ipvs',
  '       |',
  '       +------> web-a 10.244.0.2:8080 answers at once',
  '       +------> web-b 10.244.0.3:8080 is slow: 80 ms',
  '       +------> web-c 10.244.0.4:8080 answers at once; joins later',
];

async function main(): Promise<number> {
  if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] === undefined) {
    console.error('demo: run this with `npm run demo`, which takes it to a test kernel');
    return 2;
  }
  const startedAt = performance.now();
  banner('kube-ipvs: the Service walk, with the built program in a real kernel');
  blank();
  say('The node is a machine of its own, each Pod a network namespace with an HTTP server:');
  blank();
  lines(scene);
  blank();
  say(`Linux ${release()}. Starting the servers, the clients and kube-ipvs ...`);
  let stage: Stage | undefined;
  let place = 'setting the stage';
  try {
    stage = await Stage.build();
    for (const [index, step] of steps.entries()) {
      place = `step ${index + 1} (${step.title})`;
      heading(index + 1, step.title);
      await step.take(stage);
    }
  } catch (error) {
    reportFailure(place, error, stage);
    return 1;
  } finally {
    await stage?.strike();
  }
  reportSuccess(stage.delaysMs, performance.now() - startedAt);
  return 0;
}

function reportSuccess(delaysMs: readonly number[], durationMs: number): void {
  const [quickest, slowest] = [Math.min(...delaysMs), Math.max(...delaysMs)].map(Math.round);
  blank();
  banner(
    `All ${steps.length} steps did what they say, in ${Math.round(durationMs / 1000)} s. ` +
      `From file to kernel: ${quickest} to ${slowest} ms.`,
  );
}

/** On standard output: the test kernel carries the two streams apart, and order matters here. */
function reportFailure(place: string, error: unknown, stage: Stage | undefined): void {
  failed(place);
  lines((error instanceof Error ? error.message : String(error)).split('\n'));
  const log = [...new Set(stage?.kubeIpvs.log)].slice(-5);
  if (log.length > 0) {
    lines([
      'the last different messages in the log of kube-ipvs:',
      ...log.map((line) => `  ${line}`),
    ]);
  }
}

// Processes of the stage may be left where it could not be built.
process.exit(await main());
