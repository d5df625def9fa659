import { isObject } from '../../cluster/fields.ts';

/** A text of the metadata of an object or a list; undefined for an empty one. */
export function metadataText(
  object: unknown,
  field: 'resourceVersion' | 'continue',
): string | undefined {
  const metadata = isObject(object) ? object['metadata'] : undefined;
  const text = isObject(metadata) ? metadata[field] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
