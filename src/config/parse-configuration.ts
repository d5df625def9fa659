import { loadAll, YAMLException } from 'js-yaml';
import { asError } from '../base/as-error.ts';
import type { Problem } from '../base/problem.ts';
import { ConfigurationError } from './configuration-error.ts';

const kindAllowed = 'KubeProxyConfiguration';

/** Nested ones multiply: so many stand for 1,458 times as much as is written at most. */
const mostAliases = 20;

/** The fields of a configuration file besides apiVersion and kind. */
export type Document = Readonly<Record<string, unknown>>;

/** Reads the text of a configuration file. Throws ConfigurationError. */
export function parseConfiguration(file: string, text: string): Document {
  const document = parseYaml(file, text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ConfigurationError(`${file}: must hold a ${kindAllowed}`);
  }
  const { apiVersion, kind, ...fields } = document as Record<string, unknown>; // no array, no null
  const problems = [
    ...headerProblems(file, 'apiVersion', apiVersion, 'kubeproxy.config.k8s.io/v1alpha1'),
    ...headerProblems(file, 'kind', kind, kindAllowed),
  ];
  if (problems.length > 0) {
    throw ConfigurationError.of(problems);
  }
  return fields;
}

function headerProblems(
  object: string,
  field: string,
  value: unknown,
  allowed: string,
): readonly Problem[] {
  if (value === allowed) {
    return [];
  }
  const missing = value === undefined ? 'is missing; ' : '';
  return [{ object, field, value, allowed: `${missing}allowed is ${allowed}` }];
}

/** The library is the one that reads the kubeconfig: a start loads no other. */
function parseYaml(file: string, text: string): unknown {
  const documents = documentsOf(file, text);
  if (documents.length > 1) {
    throw new ConfigurationError(
      `${file}: must hold one document, a ${kindAllowed}, and nothing else`,
    );
  }
  return documents[0];
}

function documentsOf(file: string, text: string): readonly unknown[] {
  try {
    return loadAll(text, { maxAliases: mostAliases });
  } catch (error) {
    throw new ConfigurationError(`${file}: is not valid YAML: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof YAMLException) || error.mark === undefined) {
    return asError(error).message;
  }
  const { line, column } = error.mark;
  return `${error.reason} at line ${line + 1}, column ${column + 1}`;
}
