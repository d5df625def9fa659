import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { drawing, percent } from './drawing.ts';
import { mixedOrder, movedShare, sharesOf, type Moves, type Spread } from './spread.ts';
import { add, clients, connect, makeNetwork, numbers, pods, remove, setUp } from './traffic.ts';

/** Inside the test kernel: measures, prints tables, and draws into the file that is named. */

/** Without twos: the kernel of User Mode Linux has no module of that name. */
const schedulers = 'rr wrr lc wlc sed nq sh mh dh lblc lblcr fo ovf'.split(' ');
const hashing = ['mh', 'sh'];

const times = 4;
const leaving = 3;
/** Each client once. */
const everybody = numbered(clients);

function spreadOf(scheduler: string): Spread {
  console.error(`measuring ${scheduler}`);
  setUp(scheduler);
  return { scheduler, shares: sharesOf(connect(mixedOrder(clients, times)), pods) };
}

function movesOf(scheduler: string): Moves {
  setUp(scheduler);
  const before = connect(everybody);
  remove(leaving);
  const without = connect(everybody);
  add(leaving);
  const back = connect(everybody);
  setUp(scheduler, numbers.toReversed());
  const elsewhere = connect(everybody);
  return {
    scheduler,
    moved: new Map([
      [`Pod ${leaving} leaves`, movedShare(before, without, leaving)],
      ['it comes back, against the start', movedShare(before, back)],
      ['another node, which has the Pods in another order', movedShare(before, elsewhere)],
    ]),
  };
}

function numbered(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function print(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [headings, ...rows]) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
  console.log();
}

const [file = ''] = process.argv.slice(2);
await makeNetwork();
const spreads = schedulers.map(spreadOf);
const moves = hashing.map(movesOf);
console.log(`Linux ${release()}, ${clients * times} connections of ${clients} clients\n`);
print(
  ['scheduler', ...numbers.map((number) => `Pod ${number}`), 'refused'],
  spreads.map(({ scheduler, shares: [refused = 0, ...ofPods] }) => [
    scheduler,
    ...[...ofPods, refused].map(percent),
  ]),
);
const changes = [...(moves[0]?.moved.keys() ?? [])];
print(
  ['other Pod than before', ...hashing],
  changes.map((change) => [change, ...moves.map(({ moved }) => percent(moved.get(change) ?? 0))]),
);
writeFileSync(file, drawing(spreads, moves));
// The server of the Pods goes with the kernel.
process.exit(0);
