/** The release since which the table can be had (a refusal in a chain of the type nat). */
export const oldestRelease = { major: 5, minor: 9 } as const;

/** Since then others cannot change the table. */
export const ownedSinceRelease = { major: 6, minor: 9 } as const;

/** What the rules need besides nf_tables itself; the kernel loads them by itself when they are asked for. */
export const modulesOfRules = [
  'nft_chain_nat',
  'nft_masq',
  'nft_redir',
  'nft_reject_inet',
  'nft_fib_inet',
  'nft_ct',
] as const;
