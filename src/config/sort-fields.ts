import type { Problem } from '../base/problem.ts';
import { closestField } from './closest-field.ts';
import { fieldsWithoutEffect } from './fields-without-effect.ts';
import { formats } from './formats.ts';
import { fieldAt } from './schema.ts';

/** A field that no version of kube-proxy has, and this program neither. */
export interface UnknownField {
  readonly field: string;
  /** The one that was meant, as it seems. */
  readonly suggestion: string | undefined;
}

/** The fields of a document by what becomes of them. */
export interface SortedFields {
  /** Those with an effect, in their sections, for convict. */
  readonly effective: Readonly<Record<string, unknown>>;
  readonly withoutEffect: readonly string[];
  readonly unknown: readonly UnknownField[];
  readonly problems: readonly Problem[];
}

type Fields = Readonly<Record<string, unknown>>;

const knownPaths: readonly string[] = [...fieldAt.keys(), ...fieldsWithoutEffect.keys()];

/** Paths of the sections that hold known fields: `ipvs`. */
const sections: ReadonlySet<string> = new Set(
  knownPaths.filter((path) => path.includes('.')).map((path) => path.replace(/\.[^.]+$/, '')),
);

const suggestions: readonly string[] = [...knownPaths, ...sections];

/**
 * Tells fields with an effect, without one, and unknown ones apart. `null` in YAML means that a
 * field is not set. `object` is what a problem is reported of: the file.
 */
export function sortFields(fields: Fields, object: string, prefix = ''): SortedFields {
  const effective = new Map<string, unknown>();
  const withoutEffect: string[] = [];
  const unknown: UnknownField[] = [];
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const path = `${prefix}${name}`;
    if (value === null || value === undefined) {
      continue;
    }
    const field = fieldAt.get(path);
    if (field !== undefined && isMapping(value)) {
      problems.push({ object, field: path, value, allowed: formats[field.format].allowed });
    } else if (field !== undefined) {
      effective.set(name, value);
    } else if (fieldsWithoutEffect.has(path)) {
      withoutEffect.push(path);
    } else if (!sections.has(path)) {
      unknown.push({ field: path, suggestion: closestField(path, suggestions) });
    } else if (!isMapping(value)) {
      problems.push({ object, field: path, value, allowed: 'must be a mapping of fields' });
    } else {
      const section = sortFields(value, object, `${path}.`);
      effective.set(name, section.effective);
      withoutEffect.push(...section.withoutEffect);
      unknown.push(...section.unknown);
      problems.push(...section.problems);
    }
  }
  return { effective: Object.fromEntries(effective), withoutEffect, unknown, problems };
}

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
