import { formatProblem, type Problem } from '../base/problem.ts';
import type { UnreadField } from './objects.ts';

/** What became of one input object: its reduced value where it is usable, and what was wrong. */
export interface Parsed<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/** Collects the Problems of one object. */
export class ProblemLog {
  readonly #object: string;
  readonly #origin: string | undefined;
  readonly #problems: Problem[] = [];

  /** `object` and `origin` as in Problem. */
  constructor(object: string, origin?: string) {
    this.#object = object;
    this.#origin = origin;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  add(field: string, value: unknown, allowed: string): void {
    const origin = this.#origin === undefined ? {} : { origin: this.#origin };
    this.#problems.push({ object: this.#object, field, value, allowed, ...origin });
  }
}

/** The object with what of it could not be read: that takes no memory in those that are as they should be. */
export function withUnread<T extends object>(
  value: T | undefined,
  { problems }: ProblemLog,
): (T & { readonly unread?: readonly UnreadField[] }) | undefined {
  return value === undefined || problems.length === 0
    ? value
    : {
        ...value,
        unread: problems.map((each) => ({ object: each.object, text: formatProblem(each) })),
      };
}

type Fields = Readonly<Record<string, unknown>>;

const noFields: Fields = Object.freeze({});
const noElements: readonly never[] = Object.freeze([]);

/**
 * Reads typed values out of unknown JSON. A field that is absent or null reads as
 * undefined (or as an empty object or list); one of the wrong type does too, and is
 * reported with its path. Nothing here throws, whatever the input is.
 */
export class FieldReader {
  readonly #fields: Fields;
  readonly #log: ProblemLog;
  /** Where this object was found: kept in parts, since the path is asked for by problems alone. */
  readonly #parent: FieldReader | undefined;
  readonly #field: string;
  readonly #index: number | undefined;

  private constructor(
    fields: Fields,
    log: ProblemLog,
    parent?: FieldReader,
    field = '',
    index?: number,
  ) {
    this.#fields = fields;
    this.#log = log;
    this.#parent = parent;
    this.#field = field;
    this.#index = index;
  }

  /** The path of this object, empty for the root: `spec.ports[0]`. */
  get path(): string {
    return this.#parent === undefined ? '' : this.#parent.#pathOf(this.#field, this.#index);
  }

  /** A reader of a whole object; undefined, and a problem, when it is not one. */
  static root(raw: unknown, log: ProblemLog): FieldReader | undefined {
    if (isObject(raw)) {
      return new FieldReader(raw, log);
    }
    log.add('', raw, 'must be an object');
    return undefined;
  }

  /** The field as it is. */
  raw(field: string): unknown {
    return Object.hasOwn(this.#fields, field) ? (this.#fields[field] ?? undefined) : undefined;
  }

  /** The names of all fields. */
  names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  has(field: string): boolean {
    return this.raw(field) !== undefined;
  }

  /** Reports the field, with its value. */
  reject(field: string, allowed: string): void {
    this.#log.add(this.#pathOf(field), this.raw(field), allowed);
  }

  string(field: string): string | undefined {
    return this.#typed(field, isString, 'must be a string');
  }

  boolean(field: string): boolean | undefined {
    return this.#typed(field, isBoolean, 'must be true or false');
  }

  /** A whole number from `least` to `most`, both included. */
  integer(field: string, least: number, most: number): number | undefined {
    const accepts = (value: unknown): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    return this.#typed(field, accepts, `must be a number from ${least} to ${most}`);
  }

  /** One of the given words. */
  oneOf<Word extends string>(field: string, words: readonly Word[]): Word | undefined {
    const value = this.raw(field);
    const found = words.find((word) => word === value);
    if (found === undefined && value !== undefined) {
      this.reject(field, `must be ${formatWords(words)}`);
    }
    return found;
  }

  /** A nested object; one that is absent reads as empty. */
  object(field: string): FieldReader {
    const fields = this.#typed(field, isObject, 'must be an object');
    return new FieldReader(fields ?? noFields, this.#log, this, field);
  }

  /**
   * The elements of a list of objects, each read by `read`. An element about which
   * anything was reported is left out, as is one for which `read` returns undefined.
   */
  list<T>(field: string, read: (element: FieldReader) => T | undefined): readonly T[] {
    return this.#elements(field, (element, index) => {
      if (isObject(element)) {
        return read(new FieldReader(element, this.#log, this, field, index));
      }
      this.#log.add(this.#pathOf(field, index), element, 'must be an object');
      return undefined;
    });
  }

  /** The elements of a list of strings, under the same rule as `list`. */
  strings<T>(
    field: string,
    read: (text: string, reject: (allowed: string) => void) => T | undefined,
  ): readonly T[] {
    return this.#elements(field, (element, index) => {
      const reject = (allowed: string): void => {
        this.#log.add(this.#pathOf(field, index), element, allowed);
      };
      if (typeof element === 'string') {
        return read(element, reject);
      }
      reject('must be a string');
      return undefined;
    });
  }

  #elements<T>(
    field: string,
    read: (element: unknown, index: number) => T | undefined,
  ): readonly T[] {
    const elements = this.#typed(field, isList, 'must be a list') ?? noElements;
    if (elements.length === 0) {
      return noElements;
    }
    const values: T[] = [];
    elements.forEach((element, index) => {
      const problemsBefore = this.#log.problems.length;
      const value = read(element, index);
      if (value !== undefined && this.#log.problems.length === problemsBefore) {
        values.push(value);
      }
    });
    return values.length === 0 ? noElements : values;
  }

  #typed<T>(
    field: string,
    accepts: (value: unknown) => value is T,
    allowed: string,
  ): T | undefined {
    const value = this.raw(field);
    if (value === undefined || accepts(value)) {
      return value;
    }
    this.reject(field, allowed);
    return undefined;
  }

  #pathOf(field: string, index?: number): string {
    const { path } = this;
    const own = !/^\w+$/.test(field)
      ? `${path}[${field}]`
      : path === ''
        ? field
        : `${path}.${field}`;
    return index === undefined ? own : `${own}[${index}]`;
  }
}

/** `TCP, UDP or SCTP`. */
export function formatWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
