import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Both halves of V8's young generation together, in bytes. */
const mostBytes = 8 * 1024 * 1024;

/**
 * Keeps V8's young generation from growing beyond 8 MB. By itself it doubles up to 128 MB while a
 * large cluster is listed and translated, and keeps the memory for good: more than all that is held
 * of 10,000 Services. Nothing is refused by this; objects are looked over sooner.
 */
export function limitYoungGeneration(): void {
  let mayGrow = true;
  const check = (): void => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    const isSmall = space === undefined || space.space_size < mostBytes;
    if (isSmall !== mayGrow) {
      mayGrow = isSmall;
      setFlagsFromString(`--semi-space-growth-factor=${isSmall ? 2 : 1}`);
    }
  };
  check();
  // It grows by a collection, and shrinks by one.
  new PerformanceObserver(check).observe({ entryTypes: ['gc'] });
}
