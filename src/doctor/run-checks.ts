import { asError } from '../base/as-error.ts';
import type { Check } from './check.ts';
import { found, kindsOf, severities, worstOf, type Finding, type Severity } from './finding.ts';
import type { NodeReaders } from './readers.ts';

/** What one check came to. */
export interface CheckReport {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

/** What may become of any check. */
export const commonKinds = kindsOf({
  unread: {
    severity: 'warning',
    means:
      'This could not be looked at, so that nothing is known about it; the other checks are not concerned. Mostly a right is missing: run the doctor as root, or in the Pod of kube-ipvs.',
    mend: 'sudo kube-ipvs doctor',
  },
});

/** Runs all checks, one after the other; one that fails is a finding of its own. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  readers: NodeReaders,
): Promise<readonly CheckReport[]> {
  const reports: CheckReport[] = [];
  for (const check of checks) {
    const findings = await findingsOf(check, readers);
    const { name, title } = check;
    reports.push({ name, title, severity: worstOf(findings), findings });
  }
  return reports;
}

async function findingsOf(check: Check, readers: NodeReaders): Promise<readonly Finding[]> {
  try {
    return await check.run(readers);
  } catch (error) {
    return [found(commonKinds.unread, asError(error).message)];
  }
}

/** How many findings there are of each severity, but `ok`. */
export function countFindings(
  reports: readonly CheckReport[],
): Readonly<Record<Exclude<Severity, 'ok'>, number>> {
  const all = reports.flatMap(({ findings }) => findings);
  const [, ...problems] = severities;
  const counts = problems.map((each) => [
    each,
    all.filter(({ severity }) => severity === each).length,
  ]);
  // Object.fromEntries forgets that the keys are the severities.
  return Object.fromEntries(counts) as Record<Exclude<Severity, 'ok'>, number>;
}
