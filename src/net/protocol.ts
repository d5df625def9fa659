/** The transport protocols of Services, by the names that Kubernetes gives them. */
export const protocols = ['TCP', 'UDP', 'SCTP'] as const;
export type Protocol = (typeof protocols)[number];
