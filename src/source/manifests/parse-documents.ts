import { parseAllDocuments, type Document } from 'yaml';
import { asError } from '../../base/as-error.ts';
import { splitDocuments } from './split-documents.ts';

/** One document of a manifest file: data, or the reason why it is none. */
export type ParsedDocument =
  | { readonly kind: 'data'; readonly data: unknown }
  | {
      readonly kind: 'broken';
      /** `line 3, column 5`; empty where the place is not known. */
      readonly place: string;
      /** What the document should be and what is wrong: `must be YAML: ...`. */
      readonly allowed: string;
    };

/**
 * How often aliases may be expanded in a document: a few lines of nested aliases
 * could fill the memory otherwise.
 */
const mostAliases = 1000;

/** The documents of a file, `.json` or YAML by its name. Never throws. */
export function parseDocuments(text: string, file: string): readonly ParsedDocument[] {
  if (file.endsWith('.json')) {
    return [parseJson(text)];
  }
  return splitDocuments(text).flatMap((document) => parseYaml(document.text, document.line));
}

function parseJson(text: string): ParsedDocument {
  try {
    const data: unknown = JSON.parse(text);
    return { kind: 'data', data };
  } catch (error) {
    const position = /\(line (\d+) column (\d+)\)/.exec(messageOf(error));
    const place = position === null ? '' : `line ${position[1]}, column ${position[2]}`;
    return { kind: 'broken', place, allowed: `must be JSON: ${messageOf(error)}` };
  }
}

function parseYaml(text: string, firstLine: number): readonly ParsedDocument[] {
  try {
    const options = { merge: true, logLevel: 'error', prettyErrors: true } as const;
    const documents = parseAllDocuments(text, options);
    if (documents.length === 0) {
      return [{ kind: 'data', data: null }];
    }
    return [...documents].map((document) => readDocument(document, firstLine));
  } catch (error) {
    return [{ kind: 'broken', place: '', allowed: `must be YAML: ${messageOf(error)}` }];
  }
}

function readDocument(document: Document, firstLine: number): ParsedDocument {
  const [error] = document.errors;
  if (error !== undefined) {
    const start = error.linePos?.[0];
    const place =
      start === undefined ? '' : `line ${start.line + firstLine - 1}, column ${start.col}`;
    const message = error.message.split('\n')[0] ?? '';
    const reason = message.replace(/ at line \d+, column \d+:?$/, '');
    return { kind: 'broken', place, allowed: `must be YAML: ${reason}` };
  }
  return { kind: 'data', data: plainData(document.toJS({ maxAliasCount: mostAliases })) };
}

/**
 * A copy of its own: the strings of a YAML document are slices that hold the whole
 * text of the file in memory. It refuses aliases to what encloses them, by throwing.
 */
function plainData(data: unknown): unknown {
  return data === undefined ? null : JSON.parse(JSON.stringify(data));
}

function messageOf(error: unknown): string {
  const message = asError(error).message;
  return message.split('\n')[0] ?? '';
}
