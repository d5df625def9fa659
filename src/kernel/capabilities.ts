/** The numbers of capabilities (linux/capability.h). */
const numbers = { NET_ADMIN: 12n, NET_RAW: 13n, SYS_RESOURCE: 24n } as const;

export type Capability = keyof typeof numbers;

/** What a process may do. */
export type Capabilities = ReadonlySet<Capability>;

/** The effective capabilities by the text of `/proc/PID/status`; undefined where it does not say. Pure. */
export function effectiveCapabilities(status: string): Capabilities | undefined {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (hex === undefined) {
    return undefined;
  }
  const bits = BigInt(`0x${hex}`);
  // Object.keys gives strings; these are the capabilities alone.
  const all = Object.keys(numbers) as Capability[];
  return new Set(all.filter((name) => ((bits >> numbers[name]) & 1n) === 1n));
}
