/** One document of a file of many, as text. */
export interface DocumentText {
  readonly text: string;
  /** The line of the file that the text starts on, counted from 1. */
  readonly line: number;
}

/**
 * Cuts a YAML stream at its `---` lines, as kubectl does, before any of it is parsed:
 * so a quote or bracket left open in one document cannot swallow the next ones.
 * Comments and directives before the first `---` belong to the first document.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  let line = 1;
  let startLine = 1;
  const close = (end: number): void => {
    const piece = text.slice(start, end);
    if (documents.length > 0 || !isPreamble(piece)) {
      documents.push({ text: piece, line: startLine });
      start = end;
      startLine = line;
    }
  };
  for (let lineStart = 0; lineStart < text.length; line += 1) {
    const lineEnd = text.indexOf('\n', lineStart);
    if (startsDocument(text, lineStart) && lineStart > 0) {
      close(lineStart);
    }
    lineStart = lineEnd === -1 ? text.length : lineEnd + 1;
  }
  close(text.length);
  return documents;
}

function startsDocument(text: string, lineStart: number): boolean {
  return text.startsWith('---', lineStart) && /^\s?$/.test(text.charAt(lineStart + 3));
}

function isPreamble(piece: string): boolean {
  return piece.split('\n').every((line) => /^\s*$|^[#%]/.test(line));
}
