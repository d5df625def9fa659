import { styleText } from 'node:util';
import type { Answer } from './client-protocol.ts';
import type { Pod } from './topology.ts';

const colors = ['bgCyan', 'bgYellow', 'bgGreen', 'bgMagenta'] as const;

/** How many requests each Pod answered. Pure. */
export function countsByPod(answers: readonly Answer[], pods: readonly Pod[]): readonly number[] {
  return pods.map(({ name }) => answers.filter(({ pod }) => pod === name).length);
}

/**
 * A bar per Pod, in which each character is a request that it answered: the digit is the number of
 * the client, which has a colour too.
 */
export function spreadBars(answers: readonly Answer[], pods: readonly Pod[]): readonly string[] {
  const counts = countsByPod(answers, pods);
  const width = Math.max(...counts);
  return pods.map(({ name }, index) => {
    const count = counts[index] ?? 0;
    const clients = answers.filter(({ pod }) => pod === name).map(({ client }) => client);
    const bar = segments(clients.toSorted((a, b) => a - b)).join('');
    return `${name}  ${bar}${' '.repeat(width - count)}  ${styleText('bold', String(count))}`;
  });
}

function segments(clients: readonly number[]): string[] {
  return [...new Set(clients)].map((client) => {
    const digits = String(client).repeat(clients.filter((other) => other === client).length);
    return styleText([colors[(client - 1) % colors.length] ?? 'bgCyan', 'black'], digits);
  });
}
