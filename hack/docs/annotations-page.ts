import { annotationPrefixes } from '../../src/cluster/annotation-names.ts';
import type { AnnotationDocs } from '../../src/translate/annotations/annotation.ts';
import { annotations } from '../../src/translate/annotations/registry.ts';
import { unknownAnnotationMeaning } from '../../src/translate/annotations/unknown-annotations.ts';
import { table } from './table.ts';

interface Documented {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly reasons: Readonly<Record<string, string>>;
  readonly docs: AnnotationDocs;
}

const all: readonly Documented[] = Object.values(annotations);

const code = (text: string): string => `\`${text}\``;

/** docs/annotations.md, made from the registry. */
export function annotationsPage(): string {
  const [ours, ...others] = annotationPrefixes;
  return `<!-- Made by \`npm run docs\` from src/translate/annotations and hack/docs: change those. -->

# Annotations on a Service

Annotations are set on the Service. A value that cannot be used never breaks the Service: it runs with
the default, and a Warning Event on the Service (\`kubectl describe service NAME\`) and a log line say
what was wrong and what is allowed. A corrected value takes effect at once.

${table(
  ['annotation', 'value', 'without it'],
  all.map(({ name, docs }) => [code(name), docs.form, docs.without]),
)}

An annotation with the prefix ${code(ours)} that is not in this table has no effect; an Event
(\`UnknownAnnotation\`) says so, with the name that was probably meant.

${all.map(section).join('\n')}
## Reasons of the Events

These concern annotations; [deploying.md](deploying.md#events) has the others.

${table(
  ['reason', 'what is wrong', 'annotation'],
  [
    ...all.flatMap(({ name, reasons }) =>
      Object.entries(reasons).map(([reason, meaning]) => [code(reason), meaning, code(name)]),
    ),
    [code('UnknownAnnotation'), unknownAnnotationMeaning, `another one with ${code(ours)}`],
  ],
)}

## From other proxies

These are read where our own annotation is absent, so that a cluster of kube-router can move over as it is. Other
annotations with ${others.map(code).join(' or ')} have no effect here, and no Event says so.

${table(
  ['annotation', 'is read as'],
  all.flatMap(({ name, aliases }) => aliases.map((alias) => [code(alias), code(name)])),
)}
`;
}

function section({ docs }: Documented): string {
  const { title, text, values, example } = docs;
  const meanings =
    values === undefined
      ? ''
      : `${table(
          ['value', 'meaning'],
          Array.from(values, ([value, meaning]) => [code(value), meaning]),
        )}\n\n`;
  return `## ${title}

\`\`\`yaml
metadata:
  annotations:
${Object.entries(example)
  .map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`)
  .join('\n')}
\`\`\`

${meanings}${text}
`;
}
