import {
  formatDestination,
  formatSender,
  type Explanation,
  type FrontEndExplanation,
  type Outcome,
  type Packet,
  type ServiceExplanation,
  type Step,
} from '../inspect/explain/explain.ts';
import { formatTable } from './text-table.ts';

/** So many steps that the same field decided are printed. */
const alikeAtMost = 10;

/** An explanation for programs. Ends with a new line. */
export function explanationJson(explanation: Explanation): string {
  return `${JSON.stringify(explanation, undefined, 2)}\n`;
}

/** What becomes of a packet, for people. Ends with a new line. */
export function packetText({ from, to }: Packet, explanation: Explanation, node: string): string {
  const { verdict } = explanation;
  const title = `${formatDestination(to)} from ${formatSender(from)}, on node ${node}: ${verdict}`;
  return [
    `${title}\n`,
    formatTable(summaryOf(explanation)),
    `\n${stepsText(explanation.steps)}`,
    warningsText(explanation.warnings),
  ].join('');
}

/** What becomes of a Service, for people. Ends with a new line. */
export function serviceText(key: string, explanation: ServiceExplanation, node: string): string {
  const { frontEnds, steps, warnings } = explanation;
  return [
    `Service ${key}, on node ${node}\n`,
    frontEnds.length === 0 ? '' : `\n${frontEndTable(frontEnds)}`,
    `\n${stepsText(steps)}`,
    warningsText(warnings),
  ].join('');
}

function summaryOf({ virtualServer, service, realServers, source }: Explanation): string[][] {
  return [
    ...(virtualServer === null
      ? []
      : [['  virtual server', `${virtualServer} of Service ${service ?? '(unknown)'}`]]),
    ...(realServers.length === 0 ? [] : [['  real servers', abridged(realServers)]]),
    ...(source === null ? [] : [['  source', source]]),
  ];
}

function abridged(names: readonly string[]): string {
  const more = names.length - alikeAtMost;
  const first = names.slice(0, alikeAtMost).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}

/** A line for each front end; what becomes of each sender's packets, and whose address the Pod sees. */
function frontEndTable(frontEnds: readonly FrontEndExplanation[]): string {
  const senders = [...new Set(frontEnds.flatMap(({ from }) => Object.keys(from)))];
  const header = ['FRONT END', 'KIND', ...senders.map((sender) => `FROM ${sender.toUpperCase()}`)];
  return formatTable([
    header,
    ...frontEnds.map(({ virtualServer, ports, kind, from }) => [
      ports ?? virtualServer,
      kind,
      ...senders.map((sender) => outcomeText(from[sender])),
    ]),
  ]);
}

/** `forwarded to 2, source client`, `refused`. */
function outcomeText(outcome: Outcome | undefined): string {
  if (outcome === undefined) {
    return '-';
  }
  const { verdict, realServers, source } = outcome;
  return source === null ? verdict : `${verdict} to ${realServers.length}, source ${source}`;
}

/** The steps with their numbers; of many that are alike in what decided them the first ones. */
function stepsText(steps: readonly Step[]): string {
  let alike = 0;
  const lines: string[] = [];
  for (const [index, step] of steps.entries()) {
    alike = isAlike(step, steps[index - 1]) ? alike + 1 : 1;
    if (alike <= alikeAtMost) {
      lines.push(`${String(index + 1).padStart(3)}. ${stepText(step)}`);
    } else if (!isAlike(step, steps[index + 1])) {
      lines.push(`     and ${alike - alikeAtMost} more of this kind; -o json has them all`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

function isAlike(step: Step, other: Step | undefined): boolean {
  return step.object === other?.object && step.field === other?.field && step.rule === other?.rule;
}

/** `text  [Service default/web spec.clusterIPs; role cluster: map sources-4, chain cluster-source-4]` */
function stepText({ text, object, field, rule, place }: Step): string {
  const where = [object, field].filter((part) => part !== undefined).join(' ');
  const role = [rule === undefined ? '' : `role ${rule}`, place ?? ''].filter(
    (part) => part !== '',
  );
  const parts = [where, role.join(': ')].filter((part) => part !== '');
  return parts.length === 0 ? text : `${text}\n       [${parts.join('; ')}]`;
}

function warningsText(warnings: readonly string[]): string {
  return warnings.length === 0
    ? ''
    : `\nThe kernel is not as it should be:\n${warnings.map((each) => `  - ${each}\n`).join('')}`;
}
