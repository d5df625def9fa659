import type convict from 'convict';
import type { FormatName } from './formats.ts';

/** Whether a changed value takes effect at once, or by a restart of the process. */
export type ChangeKind = 'live' | 'restart';

/** One field: what convict needs, and what the documentation says. */
export interface Field<Value = unknown> extends convict.SchemaObj<Value> {
  /** The effect, in a sentence for the documentation. */
  readonly doc: string;
  readonly format: FormatName;
  readonly default: Value & {};
  /** The unit, or the form of the value. */
  readonly unit: string;
  readonly change: ChangeKind;
  /** What an empty or zero value means, for the documentation. */
  readonly defaultText?: string;
}

/** Fields in sections, after the shape of their values. */
export type SchemaOf<Values> = {
  readonly [Key in keyof Values]: Values[Key] extends string | number | boolean | readonly string[]
    ? Field<Values[Key]>
    : SchemaOf<Values[Key]>;
};

/** A field with its place in the file. */
export interface PlacedField {
  /** `ipvs.scheduler` */
  readonly path: string;
  readonly field: Field;
}

/** All fields of a schema, in its order. */
export function placedFields(schema: object, prefix = ''): readonly PlacedField[] {
  return Object.entries(schema).flatMap(([name, node]: [string, object]) =>
    isField(node)
      ? [{ path: `${prefix}${name}`, field: node }]
      : placedFields(node, `${prefix}${name}.`),
  );
}

/** A section has only objects in it. */
function isField(node: object): node is Field {
  return 'default' in node && 'doc' in node && typeof node.doc === 'string';
}
