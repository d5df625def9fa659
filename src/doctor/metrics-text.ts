export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric in the text that Prometheus reads; lines that make no sense are left out. Pure. */
export function samplesOf(text: string, name: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const groups = /^(?<name>[\w:]+)(?:\{(?<labels>.*)\})? (?<value>\S+)/.exec(line)?.groups;
    if (groups?.['name'] !== name) {
      return [];
    }
    const value = Number(groups['value']);
    return Number.isNaN(value) ? [] : [{ labels: labelsOf(groups['labels'] ?? ''), value }];
  });
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [
      label,
      value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
    ]),
  );
}
