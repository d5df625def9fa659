import { styleText } from 'node:util';
import type { ChangedLine } from './manifest-folder.ts';

/** What the walk prints: within 80 columns; colours where the terminal or FORCE_COLOR wants them. */
const indent = '   ';
const width = 78;

export function heading(number: number, title: string): void {
  console.log(`\n${styleText(['bold', 'cyan'], `${number}. ${title}`)}`);
}

export function subheading(word: string, meaning: string): void {
  console.log(`${indent}${styleText(['bold', 'cyan'], word)}  ${meaning}`);
}

export function failed(where: string): void {
  console.log(`\n${styleText(['bold', 'red'], `FAILED in ${where}`)}`);
}

export function banner(title: string): void {
  console.log(styleText('bold', title));
}

/** Plain words, broken into lines. */
export function say(text: string): void {
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      console.log(indent + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  console.log(indent + line);
}

/** Lines as they are. */
export function lines(texts: readonly string[]): void {
  texts.forEach((text) => console.log(`${indent}${text}`.trimEnd()));
}

export function blank(): void {
  console.log();
}

/** A command and what it printed. */
export function commandOutput(command: string, printed: readonly string[]): void {
  console.log(`${indent}${styleText('dim', '$')} ${styleText('bold', command)}`);
  lines(printed.length === 0 ? [styleText('dim', '(nothing)')] : printed);
}

/** A file's change. */
export function fileChange(name: string, changed: readonly ChangedLine[]): void {
  console.log(`${indent}${styleText('bold', name)}`);
  for (const { change, text } of changed) {
    const line = `${indent}${change} ${text}`;
    console.log(change === ' ' ? line : styleText(change === '+' ? 'green' : 'red', line));
  }
}

/** Something that was expected, and is so. */
export function passed(statement: string): void {
  console.log(`${styleText(['bold', 'green'], 'ok')} ${statement}`);
}
