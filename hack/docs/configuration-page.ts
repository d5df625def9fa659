import type { PlacedField } from '../../src/config/field.ts';
import { fieldsWithoutEffect } from '../../src/config/fields-without-effect.ts';
import { fieldFlags, flagsWithoutEffect, portFlags } from '../../src/config/kube-proxy-flags.ts';
import { schemaFields } from '../../src/config/schema.ts';
import { table } from './table.ts';

const ownSection = 'kubeIpvs.';

const code = (text: string): string => `\`${text}\``;

/** docs/configuration.md, made from the schema. */
export function configurationPage(): string {
  const own = schemaFields.filter(({ path }) => path.startsWith(ownSection));
  const shared = schemaFields.filter(({ path }) => !path.startsWith(ownSection));
  return `<!-- Made by \`npm run docs\` from src/config and hack/docs: change those. -->

# Configuration

\`--config FILE\` takes a \`KubeProxyConfiguration\` (\`kubeproxy.config.k8s.io/v1alpha1\`), the one
that kube-proxy reads: the key \`config.conf\` of the ConfigMap \`kube-proxy\` in clusters of kubeadm,
the key \`config\` of \`kube-proxy-config\` in managed ones, as they are. Without a file the defaults
apply. A flag overrides the environment, the environment overrides the file, and the file overrides the
default. (kube-proxy ignores most flags when there is a file.)

- A **wrong value** is an error that names the field, the value and what is allowed. All errors are
  reported together, and the program exits with code 2.
- An **unknown field** is a warning with the field that was probably meant.
- A field that [has no effect](#fields-without-effect) is named once in the log.
- \`null\` is the same as a field that is absent.

The last column of the tables says whether a change of the file takes effect in the running process
(\`live\`) or [restarts it](#when-the-file-changes).

## Fields

${fieldTable(shared)}

Durations are written as in Go: \`30s\`, \`1m30s\`, \`24h\`.

### mode

\`""\` and \`ipvs\` are accepted. A file with \`mode: iptables\`, as managed clusters have it, is refused,
so that nobody gets another data path than the file says. To use such a file as it is, confirm with
\`--proxy-mode=ipvs\` on the command line that IPVS is meant.

### Connection tracking

\`nf_conntrack_max\` is the greater of \`conntrack.min\` and \`conntrack.maxPerCore\` times the cores of
the machine, and the hash table has a quarter of that. Both are raised where they are smaller, and
never lowered. The other settings are set as they are given.

## Fields of our own

The section \`kubeIpvs\` is ours alone. kube-proxy ignores it with a warning, so one file can serve both.
A variable of the environment overrides the file; an empty one counts as not set.

${ownTable(own)}

\`\`\`yaml
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
ipvs:
  scheduler: lc
  strictARP: true
kubeIpvs:
  drainTimeout: 10m
\`\`\`

## When the file changes

The file is watched, a mounted ConfigMap too (one that is mounted with \`subPath\` never changes).
Fields that are marked _live_ take effect at once. When another one changes, the process exits with
code 0 and the DaemonSet starts it again; everything stays in the kernel meanwhile, so traffic does not
notice. A new file that is wrong changes nothing: the log and an Event on the Node
(\`ConfigurationRefused\`) say why, and the old settings stay. A value that now says to leave something
as it is (\`0s\`) does not bring back what the kernel had before.

${flagSection()}
## Fields without effect

${table(
  ['field or section', 'why'],
  Array.from(fieldsWithoutEffect, ([path, why]) => [code(path), why]),
)}
`;
}

function flagSection(): string {
  return `## Flags of kube-proxy

Both \`--flag value\` and \`--flag=value\` are understood. \`--kubeconfig\` sets
\`clientConnection.kubeconfig\`; \`--master\` is the URL of the API server and overrides the one of
the kubeconfig; \`--node-name\`, which is ours, overrides \`--hostname-override\`.

${table(
  ['flag', 'sets'],
  fieldFlags.map(({ name, field }) => [code(`--${name}`), code(field)]),
)}

- An empty \`--healthz-bind-address=\` or \`--metrics-bind-address=\` turns that server off, as
  \`--healthz-port=0\` and \`--metrics-port=0\` do.
- \`-v\`, \`--v\` chooses what is logged: 0 to 3 info, 4 and 5 debug, from 6 on trace. \`--log-level\`
  overrides it, and it overrides \`logging.verbosity\`.
- Instead of \`--cleanup\` there is the command \`kube-ipvs cleanup\`; \`--init-only\` and \`--write-config-to\` do not exist.

Accepted without effect, and named once in the log: ${[
    ...portFlags.map(({ name }) => `${code(`--${name}`)} (other than 0)`),
    ...flagsWithoutEffect.map(({ name }) => code(`--${name}`)),
  ].join(', ')}.

`;
}

function fieldTable(fields: readonly PlacedField[]): string {
  return table(
    ['field', 'default', 'unit or form', 'effect', 'a change'],
    fields.map(({ path, field }) => [
      code(path),
      defaultOf(field),
      field.unit,
      field.doc,
      field.change,
    ]),
  );
}

function ownTable(fields: readonly PlacedField[]): string {
  return table(
    ['field', 'environment', 'default', 'unit or form', 'effect', 'a change'],
    fields.map(({ path, field }) => [
      code(path),
      field.env === undefined ? '' : code(field.env),
      defaultOf(field),
      field.unit,
      field.doc,
      field.change,
    ]),
  );
}

function defaultOf({ defaultText, default: value }: PlacedField['field']): string {
  return (
    defaultText ?? code(typeof value === 'string' && value !== '' ? value : JSON.stringify(value))
  );
}
