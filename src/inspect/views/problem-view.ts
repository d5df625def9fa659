/** Something that is not as somebody asked for it, and what to do about it. */
export interface ProblemView {
  /** `Service default/web`, `virtual server TCP 10.96.0.1:80`, `node node-a` */
  readonly object: string;
  /** `default/web`; null for what is no matter of one Service. */
  readonly service: string | null;
  /** One word, as in Events: `UnknownScheduler`. */
  readonly reason: string;
  readonly text: string;
  readonly advice: string;
  /** Since when, as ISO 8601; null where nobody knows. */
  readonly since: string | null;
}
