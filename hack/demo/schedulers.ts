import type { Answer } from './client-protocol.ts';
import { countsByPod } from './bars.ts';
import { webA, webB, type Pod } from './topology.ts';

/** A scheduler of the walk: what it does, and what its spread over web-a and web-b must be. */
export interface SchedulerDemo {
  readonly name: string;
  readonly meaning: string;
  readonly spread: Spread;
}

/** Something that must hold of a spread. */
export interface Spread {
  readonly statement: string;
  readonly holds: (answers: readonly Answer[], pods: readonly Pod[]) => boolean;
}

export const evenSpread: Spread = {
  statement: 'each Pod has an equal share',
  holds: (answers, pods) => {
    const counts = countsByPod(answers, pods);
    return Math.max(...counts) - Math.min(...counts) <= 1 && sum(counts) === answers.length;
  },
};

const idlePodGetsMore: Spread = {
  statement: 'web-a, which is quick, has more than web-b, which is slow',
  holds: (answers) => {
    const [quick = 0, slow = 0] = countsByPod(answers, [webA, webB]);
    return slow > 0 && quick > 1.5 * slow && quick + slow === answers.length;
  },
};

const onePodForAll: Spread = {
  statement: 'one Pod has everything',
  holds: (answers) => podsOf(answers).size === 1,
};

const onePodPerClient: Spread = {
  statement: 'each client has one Pod, and not all the same one',
  holds: (answers) =>
    [...Map.groupBy(answers, ({ client }) => client).values()].every(
      (ofOneClient) => podsOf(ofOneClient).size === 1,
    ) && podsOf(answers).size > 1,
};

/** In the order in which they are shown: rr, which the Service starts with, is the last. */
export const schedulerDemos: readonly SchedulerDemo[] = [
  {
    name: 'lc',
    meaning: 'least connection: whoever has the fewest open connections is next',
    spread: idlePodGetsMore,
  },
  {
    name: 'sed',
    meaning: 'shortest expected delay: smallest (connections + 1) / weight is next',
    spread: idlePodGetsMore,
  },
  {
    name: 'nq',
    meaning: 'never queue: a Pod without a connection is next, else as sed',
    spread: idlePodGetsMore,
  },
  {
    name: 'dh',
    meaning: 'destination hash: the VIP decides, and there is but one VIP here',
    spread: onePodForAll,
  },
  {
    name: 'sh',
    meaning: 'source hash: the address of the client decides',
    spread: onePodPerClient,
  },
  { name: 'rr', meaning: 'round robin: each in turn, quick or slow', spread: evenSpread },
];

function podsOf(answers: readonly Answer[]): Set<string | undefined> {
  return new Set(answers.map(({ pod }) => pod));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
