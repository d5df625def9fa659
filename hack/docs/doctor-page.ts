import type { Check } from '../../src/doctor/check.ts';
import type { FindingKind } from '../../src/doctor/finding.ts';
import { checks } from '../../src/doctor/registry.ts';
import { commonKinds } from '../../src/doctor/run-checks.ts';
import { table } from './table.ts';

const code = (text: string): string => `\`${text}\``;

/** docs/doctor.md, made from the registry. */
export function doctorPage(): string {
  return `<!-- Made by \`npm run docs\` from src/doctor and hack/docs: change those. -->

# Is this node well?

\`kube-ipvs doctor\` checks a node before kube-ipvs is installed on it, and after. It prints what is wrong,
what that means and a command that mends it; it carries out none of them, loads no module and changes
nothing.

\`\`\`sh
kube-ipvs doctor --config /etc/kube-proxy/config.conf   # on the node, as root
kubectl -n kube-system exec POD -- kube-ipvs doctor --config=/var/lib/kube-proxy/config.conf
\`\`\`

On the node it sees all; in the Pod it sees the rights and permissions of the daemon, but not the
processes of the node and mostly not \`/lib/modules\`: a check that cannot tell says so. It takes the same
options as \`plan\` and \`show\` ([command-line.md](command-line.md)). With \`--manifests\`, or where there is no
kubeconfig, no API server is asked, and checks that need one say \`not asked\`.

## Severities and exit codes

${table(
  ['severity', 'means', 'exit code'],
  [
    [code('error'), 'Services are not served, or will not be, or not as they should be', '1'],
    [
      code('warning'),
      'something does not work for some, or may break',
      `0; 1 with ${code('--strict')}`,
    ],
    [code('note'), 'worth knowing; mostly nothing is to be done', '0'],
    [code('ok'), 'as it should be', '0'],
  ],
)}

A wrong command line has the exit code 2. A wrong configuration is a finding.

## ${code('-o json')}

\`\`\`
{
  "version": "0.1.0",
  "node": "node-a",
  "summary": { "errors": 1, "warnings": 0, "notes": 0 },
  "checks": [{ "name": "kernel", "title": "Kernel and IPVS", "severity": "error",
               "findings": [{ "kind": "no-ipvs", "severity": "error", "seen": "Linux 6.1.176 has no module ip_vs",
                              "means": "...", "command": "..." }] }]
}
\`\`\`

\`name\` and \`kind\` are those of this page and stay; the sentences may change. A finding of severity \`ok\` has the
kind \`ok\`.

## Every check

A check that fails does not keep the others back:

${kindList(Object.values(commonKinds))}

${checks.map(section).join('\n')}
A word in capitals in a command stands for what the finding puts there.
`;
}

function section({ name, title, looksAt, kinds }: Check): string {
  return `### ${title}: ${code(name)}

Looks at: ${looksAt}

${kindList(kinds)}
`;
}

function kindList(kinds: readonly FindingKind[]): string {
  return kinds
    .map(({ id, severity, means, mend }) => {
      const block = mend === undefined ? '' : `\n\n  \`\`\`\n  ${mend}\n  \`\`\``;
      return `- ${code(id)}, ${severity}: ${means}${block}`;
    })
    .join('\n');
}
