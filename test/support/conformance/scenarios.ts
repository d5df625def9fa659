import { conntrackScenarios } from './conntrack.ts';
import { ipvsMessageScenarios } from './ipvs-messages.ts';
import { ipvsScenarios } from './ipvs.ts';
import { portRangeScenarios } from './port-range-sets.ts';
import { routeScenarios } from './route.ts';
import type { Scenario } from './scenario.ts';
import { setScenarios } from './sets.ts';

/** What both kernels are held to: the fake one in test/unit, a real one in test/kernel. */
export const scenarios: readonly Scenario[] = [
  ...ipvsScenarios,
  ...ipvsMessageScenarios,
  ...routeScenarios,
  ...setScenarios,
  ...portRangeScenarios,
  ...conntrackScenarios,
];
