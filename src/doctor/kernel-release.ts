export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

/** Whether a release, `5.10.0-28-amd64`, is before a version. Pure. */
export function isBefore(release: string, { major, minor }: KernelVersion): boolean {
  const [first = 0, second = 0] = release.split(/[.-]/).map(Number);
  return first < major || (first === major && second < minor);
}
