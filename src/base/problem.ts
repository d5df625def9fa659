/**
 * Something in the input that cannot be used. It names the object, the field, the
 * value and what is allowed, and costs no more than that field.
 */
export interface Problem {
  /** The object as an operator would name it: `Service default/web`. */
  readonly object: string;
  /** Path of the field: `spec.ports[0].port`. Empty where the object as a whole is meant. */
  readonly field: string;
  /** The value as it was found. */
  readonly value: unknown;
  /** What would have been accepted, and what is done instead where that is not plain. */
  readonly allowed: string;
  /** Where the object came from, when it is a file: `web.yaml, document 2`. */
  readonly origin?: string;
}

/** One line for an operator: place, object, field, value, and what is allowed. */
export function formatProblem(problem: Problem): string {
  const place = problem.origin === undefined ? '' : `${problem.origin}: `;
  const field = problem.field === '' ? '' : ` ${problem.field}`;
  const value = problem.value === undefined ? '' : ` is ${formatValue(problem.value)};`;
  return `${place}${problem.object}:${field}${value} ${problem.allowed}`;
}

const longestValue = 120;

function formatValue(value: unknown): string {
  const text = toJson(value) ?? String(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

/** Undefined where JSON has no form for it: a manifest's aliases may close a circle. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
