import { getSystemErrorMap } from 'node:util';

/** Node makes it anew whenever it is asked, which counts where a thousand messages of a batch fail. */
let systemErrors: ReturnType<typeof getSystemErrorMap> | undefined;

/**
 * The kernel's answer to a message, or the lack of one.
 *
 * `code` is the name of the errno (`ENOENT`). Five codes are also raised here:
 * `ETIMEDOUT` (no answer before the deadline), `ENOBUFS` (answers were lost, the
 * outcome is not known), `EBADMSG` (the answer makes no sense), `EINTR` (a dump was
 * interrupted too many times) and `EMSGSIZE` (a message cannot be written).
 */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  readonly code: string;

  constructor(code: string, explanation: string) {
    super(`${code}: ${explanation}`);
    this.code = code;
  }

  /** From the positive error number of an NLMSG_ERROR. */
  static fromErrno(errno: number): NetlinkError {
    systemErrors ??= getSystemErrorMap();
    const [code, explanation] = systemErrors.get(-errno) ?? [
      `E${errno}`,
      'an error number that this platform does not name',
    ];
    return new NetlinkError(code, explanation);
  }
}

/** What a batch says of one of its operations: nothing, or why it failed. */
export type Outcome = NetlinkError | undefined;

/** Which messages of a batch failed and why, by their index: nearly always none. */
export type Failures = ReadonlyMap<number, NetlinkError>;

/** True where the kernel may or may not have done what was asked. */
export function isOutcomeUnknown(error: NetlinkError): boolean {
  return error.code === 'ETIMEDOUT' || error.code === 'ENOBUFS' || error.code === 'EBADMSG';
}

/** What a read answers, or undefined where the kernel says with one of the codes that there is no such object. */
export async function unlessAbsent<T>(
  reading: Promise<T>,
  codes: readonly string[],
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof NetlinkError && codes.includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}
