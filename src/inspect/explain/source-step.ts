import type { Explanation, SeenSource, Step } from './explanation.ts';
import type { Origin } from './origin.ts';

/** What all of them are; `depends` where they differ, null where there are none. */
export function onlyOne(sources: readonly SeenSource[]): Explanation['source'] {
  const [first, ...others] = new Set(sources);
  return first === undefined ? null : others.length === 0 ? first : 'depends';
}

/** Whose address the Pod sees, in words. */
export function sourceStep(source: Explanation['source'], { isNode, source: from }: Origin): Step {
  switch (source) {
    case 'client': {
      const which = from === undefined ? '' : `, ${from.text}`;
      return { text: `the Pod sees the address of the client${which}` };
    }
    case 'node':
      return {
        text: isNode
          ? 'the Pod sees the address of this node that it is reached from'
          : 'the Pod sees an address of this node, that of the link towards it, and not the client',
      };
    case 'depends':
    case null:
      return { text: 'whose address the Pod sees depends on the real server' };
  }
}
