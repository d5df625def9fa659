import type { Locality } from './locality-weights.ts';

/** The weight of an endpoint, and what gives it. */
export interface EndpointWeight {
  readonly weight: number;
  readonly by: WeightRule;
}

/** By which rule an endpoint has its weight, the nearest first: it wins, and nothing is multiplied. */
export type WeightRule =
  /** The annotation of an EndpointSlice that lists it. */
  | { readonly kind: 'EndpointSlice'; readonly slice: string }
  /** The annotation or label of its Node. */
  | { readonly kind: 'Node'; readonly node: string }
  | { readonly kind: 'locality'; readonly locality: Locality }
  /** No rule names another one. */
  | { readonly kind: 'usual' }
  /** All endpoints that could be used have weight 0. */
  | { readonly kind: 'nothing else' };
