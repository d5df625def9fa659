/**
 * One copy of strings that many objects repeat: a cluster has few node names and
 * zones, but names them in each endpoint.
 */
const known = new Map<string, string>();

/** Names of nodes that are gone are forgotten by starting over at this size. */
const mostStrings = 20_000;

export function intern(text: string): string {
  const first = known.get(text);
  if (first !== undefined) {
    return first;
  }
  if (known.size >= mostStrings) {
    known.clear();
  }
  known.set(text, text);
  return text;
}
