/** What of a V8 CPU profile (`.cpuprofile`) is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      /** From 0. */
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function with the time spent in itself, not in those that it calls. */
export interface SelfTime {
  readonly name: string;
  readonly ms: number;
}

/** The functions that took the most time, the longest first; `bundle` tells their files. Pure. */
export function longestFunctions(profile: CpuProfile, bundle: string, count: number): SelfTime[] {
  const fileAt = filesOf(bundle);
  const nameOf = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const name = functionName === '' ? '(anonymous)' : functionName;
      const place = url.endsWith('bench.js') ? fileAt(lineNumber) : url;
      return [id, place === '' ? name : `${name}  ${place}`];
    }),
  );
  const selfUs = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const name = nameOf.get(id) ?? '?';
    selfUs.set(name, (selfUs.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  return Array.from(selfUs, ([name, us]) => ({ name, ms: us / 1000 }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, count);
}

/** The bundler writes the name of each file above its code: `// src/app/controller.ts`. */
function filesOf(bundle: string): (line: number) => string {
  const starts = bundle
    .split('\n')
    .flatMap((text, line) =>
      /^\/\/ \S+\.[jt]s$/.test(text) ? [{ line, file: text.slice(3) }] : [],
    );
  return (line) => starts.findLast((start) => start.line <= line)?.file ?? '';
}
