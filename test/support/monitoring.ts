import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { configFolder } from './deployed.ts';

export const rulesFile = join(configFolder, 'monitoring/kube-ipvs.rules.yaml');
const dashboardFile = join(configFolder, 'monitoring/kube-ipvs.dashboard.json');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string }[];
}

/** Of the one file that holds them. */
export function alertRules(): readonly AlertRule[] {
  // promtool holds the file to its form.
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as {
    groups: { rules: AlertRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

export function dashboardPanels(): readonly Panel[] {
  // The file is ours, and the tests look at each field that they read.
  const { panels } = JSON.parse(readFileSync(dashboardFile, 'utf8')) as { panels: Panel[] };
  return panels;
}

/** Each query with where it stands. */
export function dashboardQueries(): readonly (readonly [title: string, expr: string])[] {
  return dashboardPanels().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  );
}
