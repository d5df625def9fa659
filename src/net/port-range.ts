/** Ports from one to another, both included: 0 < first <= last <= 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export const allPorts: PortRange = { first: 1, last: 65_535 };

export function singlePort(port: number): PortRange {
  return { first: port, last: port };
}

export function holdsPort({ first, last }: PortRange, port: number): boolean {
  return first <= port && port <= last;
}

/** Whether two ranges have a port in common. */
export function haveCommonPort(a: PortRange, b: PortRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** What is left of some ports without others, in ascending order. Pure. */
export function withoutPorts(
  ports: readonly PortRange[],
  taken: readonly PortRange[],
): readonly PortRange[] {
  return taken.reduce(
    (left, one) => left.flatMap((range) => outsideOf(range, one)),
    mergedPorts(ports),
  );
}

/** What two lists have in common, in ascending order. Pure. */
export function commonPorts(
  ports: readonly PortRange[],
  others: readonly PortRange[],
): readonly PortRange[] {
  return withoutPorts(ports, withoutPorts([allPorts], others));
}

/** The same ports in ascending order, in as few ranges as possible. Pure. */
export function mergedPorts(ports: readonly PortRange[]): readonly PortRange[] {
  const merged: PortRange[] = [];
  for (const range of ports.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && range.first <= before.last + 1) {
      merged[merged.length - 1] = { ...before, last: Math.max(before.last, range.last) };
    } else {
      merged.push(range);
    }
  }
  return merged;
}

/** `10000-20000`, `5060`. */
export function formatPortRange({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function outsideOf(range: PortRange, taken: PortRange): readonly PortRange[] {
  if (!haveCommonPort(range, taken)) {
    return [range];
  }
  const below = { first: range.first, last: taken.first - 1 };
  const above = { first: taken.last + 1, last: range.last };
  return [below, above].filter(({ first, last }) => first <= last);
}
