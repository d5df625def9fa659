import { isObject } from '../../cluster/fields.ts';
import { readText, type ApiResponse } from './transport.ts';

/** An answer of the API server other than success. */
export class ApiError extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Makes an error of an answer whose status is not 200. */
export async function apiErrorOf(response: ApiResponse): Promise<ApiError> {
  const { status, retryAfterSeconds } = response;
  const message = statusMessage(parseJson(await readText(response)));
  return new ApiError(status, message ?? `status ${status}`, retryAfterSeconds);
}

/** Makes an error of the Status object in a watch event of type ERROR. */
export function apiErrorOfEvent(status: unknown): ApiError {
  const code = isObject(status) ? status['code'] : undefined;
  const message = statusMessage(status) ?? 'an ERROR event without a message';
  return new ApiError(typeof code === 'number' ? code : 500, message);
}

/** Like JSON.parse, with undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function statusMessage(status: unknown): string | undefined {
  const message = isObject(status) ? status['message'] : undefined;
  return typeof message === 'string' ? message : undefined;
}
