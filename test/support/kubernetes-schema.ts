import * as kubernetes from '@kubernetes/client-node';

/** How the generated client describes a field. */
interface FieldType {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly FieldType[];
}

/** What a patch of kustomize says beyond the fields of the object. */
const patchDirective = '$patch';

/**
 * What in the value does not fit the type of the Kubernetes API, as `path: reason`: unknown fields
 * and values of another type. The types are those of the generated client, `V1DaemonSet`.
 */
export function schemaProblems(value: unknown, type: string, path: string): readonly string[] {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  if (element !== undefined) {
    return Array.isArray(value)
      ? value.flatMap((item, index) => schemaProblems(item, element, `${path}[${index}]`))
      : [`${path}: is no list`];
  }
  const entry = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (entry !== undefined) {
    return isMapping(value)
      ? Object.entries(value).flatMap(([key, item]) =>
          schemaProblems(item, entry, `${path}.${key}`),
        )
      : [`${path}: is no mapping`];
  }
  const model = modelOf(type);
  if (model !== undefined) {
    return isMapping(value) ? fieldProblems(value, model, path) : [`${path}: is no ${type}`];
  }
  return scalarFits(value, type) ? [] : [`${path}: is ${JSON.stringify(value)}, no ${type}`];
}

/** The type of a manifest's object: `V1DaemonSet`. */
export function typeOfObject({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const version = apiVersion.split('/').at(-1) ?? '';
  return `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
}

function fieldProblems(
  value: Readonly<Record<string, unknown>>,
  model: Model,
  path: string,
): readonly string[] {
  const types = new Map(model.getAttributeTypeMap().map(({ baseName, type }) => [baseName, type]));
  return Object.entries(value)
    .filter(([name]) => name !== patchDirective)
    .flatMap(([name, item]) => {
      const type = types.get(name);
      return type === undefined
        ? [`${path}.${name}: there is no such field`]
        : schemaProblems(item, type, `${path}.${name}`);
    });
}

function modelOf(type: string): Model | undefined {
  // The module's exports by name; what has no type map is no model.
  const found = (kubernetes as Readonly<Record<string, unknown>>)[type];
  return typeof found === 'function' && 'getAttributeTypeMap' in found
    ? // A class of the generated client, as its static method shows.
      (found as unknown as Model)
    : undefined;
}

function scalarFits(value: unknown, type: string): boolean {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    case 'IntOrString':
      return typeof value === 'string' || Number.isInteger(value);
    default:
      throw new Error(`the check does not know the type ${type}`);
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
