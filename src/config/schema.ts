import { placedFields, type PlacedField, type SchemaOf } from './field.ts';
import { kernelSchema } from './kernel-schema.ts';
import { processSchema } from './process-schema.ts';
import { ownSchema, trafficSchema } from './traffic-schema.ts';
import type { Values } from './values.ts';

/**
 * The fields of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) that have an effect,
 * at their own places in the file, and our own section. docs/configuration.md is made from it.
 */
export const schema: SchemaOf<Values> = {
  ...processSchema,
  ...trafficSchema,
  ...kernelSchema,
  ...ownSchema,
};

/** All fields that have an effect, with their paths. */
export const schemaFields: readonly PlacedField[] = placedFields(schema);

/** A field of the schema by its path. */
export const fieldAt: ReadonlyMap<string, PlacedField['field']> = new Map(
  schemaFields.map(({ path, field }) => [path, field]),
);
