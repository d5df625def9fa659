import type { Scheduler } from '../../src/kernel/ipvs/schedulers.ts';
import { usualDefaults, type ServiceDefaults } from '../../src/translate/annotations/annotation.ts';
import { choicesOf } from '../../src/translate/annotations/choices.ts';
import type { Choices } from '../../src/translate/annotations/registry.ts';
import type { ServiceProblem } from '../../src/translate/service-problem.ts';
import { service } from './cluster-objects.ts';

export interface Chosen extends Choices {
  readonly problems: readonly ServiceProblem[];
}

/** What the Service `default/web` with these annotations has; by default lc and no limit of draining. */
export function chosenBy(
  annotations: Readonly<Record<string, string>>,
  defaults: Partial<ServiceDefaults> = {},
  missing: readonly Scheduler[] = [],
): Chosen {
  const { choices, problems } = choicesOf({
    service: service({ annotations: new Map(Object.entries(annotations)), uid: 'b4a7' }),
    defaults: { ...usualDefaults, scheduler: 'lc', ...defaults },
    missingSchedulers: new Set(missing),
  });
  return { ...choices, problems };
}
