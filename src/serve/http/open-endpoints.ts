import type { BindAddress } from '../../net/bind-address.ts';
import { HttpEndpoint, type Answer } from './http-endpoint.ts';

/** What is served at an address of the configuration. */
export interface Served {
  /** As an operator knows it: `health`, `metrics`. */
  readonly name: string;
  /** Undefined for nowhere. */
  readonly address: BindAddress | undefined;
  /** Undefined where there is nothing at a path. */
  readonly route: (path: string) => Answer | undefined | Promise<Answer | undefined>;
}

/** An endpoint for each that has an address; `failed` hears of those that cannot be bound. */
export function openEndpoints(
  all: readonly Served[],
  failed: (name: string, error: Error) => void,
): readonly HttpEndpoint[] {
  return all.flatMap(({ name, address, route }) =>
    address === undefined
      ? []
      : [
          new HttpEndpoint({
            address,
            route,
            failed: (error) => {
              failed(name, error);
            },
          }),
        ],
  );
}
