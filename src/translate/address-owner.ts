/** Who has an address, when that is no Service and not this node alone. */
export type AddressOwner =
  /** API servers answer there, on these TCP ports. */
  | { readonly kind: 'API server'; readonly ports: readonly number[] }
  /** Another Node. */
  | { readonly kind: 'Node'; readonly name: string }
  /** Not known before the Nodes are listed, which is about to happen. */
  | { readonly kind: 'not known yet' };
