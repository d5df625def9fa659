/** How the connections of one scheduler were spread. */
export interface Spread {
  readonly scheduler: string;
  /** Of all connections, from 0 to 1: the first for refusals, then each Pod. */
  readonly shares: readonly number[];
}

/** What a change of the real servers does to the choice for each client. */
export interface Moves {
  readonly scheduler: string;
  /** By what has changed: of all clients whose Pod is still there, how many have another one; 0 to 1. */
  readonly moved: ReadonlyMap<string, number>;
}

/** Of all answers the part of each Pod, and of 0, which is a refusal. */
export function sharesOf(answers: readonly number[], pods: number): readonly number[] {
  return Array.from(
    { length: pods + 1 },
    (_, pod) => answers.filter((answer) => answer === pod).length / answers.length,
  );
}

/** Of the clients whose Pod before was not `gone`, the part that has another one after. */
export function movedShare(
  before: readonly number[],
  after: readonly number[],
  gone?: number,
): number {
  const staying = before.map((pod, index) => ({ pod, now: after[index] }));
  const counted = staying.filter(({ pod }) => pod !== gone);
  return counted.filter(({ pod, now }) => pod !== now).length / counted.length;
}

/** Each number from 1 to `clients` so many times, in an order that is mixed and always the same. */
export function mixedOrder(clients: number, times: number): readonly number[] {
  const order = Array.from({ length: clients * times }, (_, index) => (index % clients) + 1);
  let state = 1;
  for (let index = order.length - 1; index > 0; index -= 1) {
    // Park and Miller's generator: small, and enough to mix.
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  return order;
}
