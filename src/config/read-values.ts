import convict from 'convict';
import { asError } from '../base/as-error.ts';
import type { Problem } from '../base/problem.ts';
import { contradictions } from './check-values.ts';
import { formats } from './formats.ts';
import type { FlagValue } from './kube-proxy-flags.ts';
import { fieldAt, schema, schemaFields } from './schema.ts';
import type { Values } from './values.ts';

/** Where values come from, the last one first: the file gives way to the environment and so on. */
export interface ValueSources {
  /** The fields of the file that have an effect, in their sections. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What problems of the file are reported of. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly FlagValue[];
}

/** The values of all fields. They are of their formats only where there is no problem. */
export function readValues(sources: ValueSources): {
  readonly values: Values;
  readonly problems: readonly Problem[];
} {
  // An empty variable is none: a manifest has no other way to take one back.
  const env = Object.fromEntries(
    Object.entries(sources.environment).filter(([, text]) => text !== ''),
  );
  // convict would read the arguments of the process otherwise.
  const config = convict<Values>(schema, { env, args: [] });
  config.load(sources.fields);
  for (const { field, value } of sources.flags) {
    setField(config, field, value);
  }
  const values = config.getProperties();
  const origin = originsOf(sources, env);
  const wrong = wrongFields(config);
  const problems = [
    ...wrong.map((field) => ({ field, value: valueAt(values, field), allowed: allowedAt(field) })),
    ...contradictions(values, wrong),
  ].map(({ field, value, allowed }) => ({ ...origin(field), value, allowed }));
  return { values, problems };
}

/** convict's types know paths as literals only. */
function setField(config: convict.Config<Values>, field: string, value: unknown): void {
  const untyped: { set(name: string, value: unknown): unknown } = config;
  untyped.set(field, value);
}

/** The paths of the fields that convict refuses: each line of its report begins with one. */
function wrongFields(config: convict.Config<Values>): readonly string[] {
  try {
    config.validate({ allowed: 'strict' });
    return [];
  } catch (error) {
    const report = asError(error).message;
    return report.split('\n').map((line) => line.slice(0, line.indexOf(': ')));
  }
}

function allowedAt(path: string): string {
  const field = fieldAt.get(path);
  return field === undefined ? 'is not known' : formats[field.format].allowed;
}

function valueAt(values: Values, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isMapping(value) ? value[name] : undefined), values);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

type Origin = Pick<Problem, 'object' | 'field'>;

/** How to name a field, by where its value came from. */
function originsOf(
  { file, flags }: ValueSources,
  env: Readonly<Record<string, unknown>>,
): (path: string) => Origin {
  const variables = schemaFields.flatMap(({ path, field }): [string, Origin][] =>
    field.env === undefined || env[field.env] === undefined
      ? []
      : [[path, { object: 'environment', field: field.env }]],
  );
  const given = flags.map(({ name, field }): [string, Origin] => [
    field,
    { object: 'command line', field: `--${name}` },
  ]);
  const origins = new Map([...variables, ...given]);
  return (path) => origins.get(path) ?? { object: file, field: path };
}
