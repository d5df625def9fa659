import type { BindAddress } from '../../net/bind-address.ts';
import { HttpEndpoint, type Route } from './http-endpoint.ts';

/** What is served at an address of the configuration. */
export interface Served {
  /** As an operator knows it: `health`, `metrics`. */
  readonly name: string;
  /** Undefined for nowhere. */
  readonly address: BindAddress | undefined;
  /** Undefined where there is nothing at a path. */
  readonly route: Route;
}

/** Hears of addresses: each time one is tried. */
export interface EndpointsListener {
  /** It is listened to. */
  opened(name: string): void;
  /** It cannot be bound. */
  failed(name: string, error: Error): void;
}

/** An endpoint for each that has an address. */
export function openEndpoints(
  all: readonly Served[],
  listener: EndpointsListener,
): readonly HttpEndpoint[] {
  return all.flatMap(({ name, address, route }) =>
    address === undefined
      ? []
      : [
          new HttpEndpoint({
            address,
            route,
            opened: () => {
              listener.opened(name);
            },
            failed: (error) => {
              listener.failed(name, error);
            },
          }),
        ],
  );
}
