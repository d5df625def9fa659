import { format, resolveConfig } from 'prettier';
import { annotationsPage } from './annotations-page.ts';
import { configurationPage } from './configuration-page.ts';
import { doctorPage } from './doctor-page.ts';
import { metricsPage } from './metrics-page.ts';
import { prometheusRule } from './prometheus-rule.ts';
import { samplesPage } from './samples-page.ts';

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** The pages that are made from the code, in the form that prettier gives them. */
export async function generatedPages(): Promise<readonly Page[]> {
  return Promise.all([
    formatted('docs/annotations.md', annotationsPage()),
    formatted('docs/configuration.md', configurationPage()),
    formatted('docs/doctor.md', doctorPage()),
    formatted('docs/metrics.md', metricsPage()),
    formatted('config/monitoring/prometheus-operator/prometheus-rule.yaml', prometheusRule()),
    formatted('test/fixtures/config/README.md', samplesPage()),
  ]);
}

async function formatted(path: string, text: string): Promise<Page> {
  const options = await resolveConfig(new URL(`../../${path}`, import.meta.url));
  return { path, text: await format(text, { ...options, filepath: path }) };
}
