/** What becomes of connections to a front end: one of these at a time. */
export const frontEndRoles = ['cluster', 'external', 'local', 'node-only', 'refused'] as const;

export type FrontEndRole = (typeof frontEndRoles)[number];
