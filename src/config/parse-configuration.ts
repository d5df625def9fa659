import { parseDocument } from 'yaml';
import { asError } from '../base/as-error.ts';
import type { Problem } from '../base/problem.ts';
import { ConfigurationError } from './configuration-error.ts';

const kindAllowed = 'KubeProxyConfiguration';

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

function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS') {
    throw new ConfigurationError(
      `${file}: must hold one document, a ${kindAllowed}, and nothing else`,
    );
  }
  if (error !== undefined) {
    // The first line says what is wrong and where, the others draw it.
    const reason = (error.message.split('\n')[0] ?? '').replace(/:$/, '');
    throw new ConfigurationError(`${file}: is not valid YAML: ${reason}`);
  }
  try {
    return document.toJS();
  } catch (error) {
    // Aliases without an anchor, or too many of them.
    const reason = asError(error).message;
    throw new ConfigurationError(`${file}: is not valid YAML: ${reason}`);
  }
}
