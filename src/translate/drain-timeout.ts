import type { Service } from '../cluster/objects.ts';
import { parseGoDuration } from '../base/go-duration.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** How long a real server of this Service may keep its connections after it is no longer wanted. */
export const drainTimeoutAnnotation = 'kube-ipvs.io/drain-timeout';

/**
 * The limit of draining in milliseconds, from the annotation or by default; undefined for
 * none. A value that is no duration is a problem of the Service, which then has the default.
 */
export function chooseDrainTimeout(
  service: Service,
  byDefaultMs: number | undefined,
): { readonly drainTimeoutMs: number | undefined; readonly problems: readonly ServiceProblem[] } {
  const value = service.annotations.get(drainTimeoutAnnotation);
  if (value === undefined) {
    return { drainTimeoutMs: byDefaultMs, problems: [] };
  }
  const drainTimeoutMs = parseGoDuration(value);
  if (drainTimeoutMs !== undefined) {
    return { drainTimeoutMs, problems: [] };
  }
  const problem = serviceProblem(service, 'InvalidDrainTimeout', {
    field: `metadata.annotations[${drainTimeoutAnnotation}]`,
    value,
    allowed: `must be a duration such as 30s, 5m or 0s; the Service drains with ${
      byDefaultMs === undefined ? 'no limit' : `a limit of ${byDefaultMs / 1000}s`
    }`,
  });
  return { drainTimeoutMs: byDefaultMs, problems: [problem] };
}
