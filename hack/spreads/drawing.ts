import type { Moves, Spread } from './spread.ts';

/** From blue to orange: they differ for the colour-blind, too. The last is the slow Pod. */
const colours = ['#bbbbbb', '#1f4e79', '#3a7ab5', '#74a9d8', '#b3d1ec', '#e08214'] as const;
const movedColours = ['#1f4e79', '#e08214', '#74a9d8', '#f6c58f'] as const;

const [left, width, barHeight, step] = [110, 560, 14, 20];
const font = 'font-family="sans-serif" font-size="12"';

/** The spreads as an SVG: a bar for each scheduler, and below it what changes move. */
export function drawing(spreads: readonly Spread[], moves: readonly Moves[]): string {
  const changes = [...(moves[0]?.moved.keys() ?? [])];
  const top = 50;
  const below = top + spreads.length * step + 60;
  const height = below + changes.length * (moves.length * step + 24) + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="740" height="${height}" ${font}>`,
    '<rect width="100%" height="100%" fill="white"/>',
    text(
      10,
      20,
      '1,000 connections of 250 clients, five Pods; those of the fifth last five times as long',
    ),
    legend(),
    ...spreads.flatMap((spread, index) => spreadBar(spread, top + index * step)),
    text(10, below - 20, 'Clients that get another Pod though theirs is there'),
    ...changes.flatMap((change, index) => {
      const y = below + index * (moves.length * step + 24);
      return [
        text(10, y + 8, change),
        ...moves.flatMap((each, row) => movedBar(each, change, y + 14 + row * step, row)),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

function legend(): string {
  const names = ['refused', 'Pod 1', 'Pod 2', 'Pod 3', 'Pod 4', 'Pod 5, slow'];
  return names
    .map((name, index) => {
      const x = left + index * 90;
      return `${rectangle(x, 29, 10, 10, index)}${text(x + 14, 38, name)}`;
    })
    .join('');
}

function spreadBar({ scheduler, shares }: Spread, y: number): string[] {
  // Refusals stand at the end of the bar.
  const order = [...shares.keys()].slice(1).concat(0);
  let x = left;
  const parts = order.map((part) => {
    const size = (shares[part] ?? 0) * width;
    const drawn = size === 0 ? '' : rectangle(x, y, size, barHeight, part);
    x += size;
    return drawn;
  });
  return [text(10, y + 11, scheduler), parts.join('')];
}

function movedBar({ scheduler, moved }: Moves, change: string, y: number, row: number): string[] {
  const share = moved.get(change) ?? 0;
  const size = Math.max(share * width, 1).toFixed(1);
  const colour = movedColours[row % movedColours.length];
  return [
    text(30, y + 11, scheduler),
    `<rect x="${left}" y="${y}" width="${size}" height="${barHeight}" fill="${colour}"/>` +
      text(left + Number(size) + 6, y + 11, percent(share)),
  ];
}

/** `12%`, and `0.4%` where that would be nothing. */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.01 ? 1 : 0;
  return `${(share * 100).toFixed(digits)}%`;
}

function rectangle(x: number, y: number, w: number, h: number, colour: number): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${w.toFixed(1)}" height="${h}" fill="${colours[colour]}"/>`;
}

function text(x: number, y: number, words: string): string {
  return `<text x="${x.toFixed(0)}" y="${y}">${words}</text>`;
}
