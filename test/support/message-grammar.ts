import { forEachAttribute, readMessages } from '../../src/kernel/netlink/message-reader.ts';

/**
 * What may stand in the attributes of a message: bytes of a fixed number, one of a few words, or
 * attributes. By the number of the attribute.
 */
export type Grammar = Readonly<Record<number, Content>>;

type Content =
  | { readonly lengths: readonly number[] }
  | { readonly words: ReadonlySet<string> }
  | { readonly attributes: Grammar };

/** What messages have that does not follow the grammar; nothing where all is as it should be. */
export function deviations(bytes: Buffer, headerLength: number, grammar: Grammar): string[] {
  return readMessages(bytes).flatMap(({ payload }) =>
    deviationsIn(payload, headerLength, grammar, ''),
  );
}

function deviationsIn(buffer: Buffer, offset: number, grammar: Grammar, path: string): string[] {
  const found: string[] = [];
  forEachAttribute(buffer, offset, (type, value) => {
    const content = grammar[type];
    const at = `${path}/${type}`;
    if (content === undefined) {
      found.push(`${at} is not known`);
    } else if ('attributes' in content) {
      found.push(...deviationsIn(value, 0, content.attributes, at));
    } else if ('words' in content) {
      const text = value.toString('latin1').replace(/\0$/, '');
      found.push(...(content.words.has(text) ? [] : [`${at} is ${JSON.stringify(text)}`]));
    } else if (!content.lengths.includes(value.length)) {
      found.push(`${at} has ${value.length} bytes`);
    }
  });
  return found;
}

/** Bytes of one of these numbers. */
export function bytesOf(...lengths: readonly number[]): Content {
  return { lengths };
}
