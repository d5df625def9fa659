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
hold. A flag goes before the environment, the environment before the file, and the file before the
default. (kube-proxy ignores most flags when there is a file.)

- A **wrong value** is an error that names the field, the value and what is allowed. All of them are
  told at once, and nothing is started.
- An **unknown field** is a warning with the field that was probably meant.
- A field that [has no effect](#fields-without-effect) is named once in the log.
- \`null\` is the same as no field.

## Fields

${fieldTable(shared)}

A duration is one of Go: \`30s\`, \`1m30s\`, \`24h\`.

### mode

\`""\` and \`ipvs\` run. A file with \`mode: iptables\`, as managed clusters have it, is refused, so
that nobody gets another data path than the file says; \`--proxy-mode=ipvs\` on the command line says
that this is meant, and the file can be shared as it is.

### Connection tracking

\`nf_conntrack_max\` is the greater of \`conntrack.min\` and \`conntrack.maxPerCore\` times the cores of
the machine, and the hash table has a quarter of that. Both are raised where they are smaller, and
never lowered. The other settings are set as they are given.

## Fields of our own

kube-proxy has no such section: it ignores it with a warning, so one file can serve both. The
environment goes before the file; an empty variable counts as none.

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
Fields that are marked _live_ take effect at once. When another one changes the process ends, and
is started again by the DaemonSet; the rules stay in the kernel meanwhile, so traffic does not
notice. A new file that is wrong changes nothing: the log says why, and the old settings stay. A
value that now says to leave something as it is (\`0s\`) does not bring the earlier one back.

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
\`clientConnection.kubeconfig\`; \`--master\` is the URL of the API server and goes before the one of
the kubeconfig; \`--node-name\`, which is ours, goes before \`--hostname-override\`.

${table(
  ['flag', 'sets'],
  fieldFlags.map(({ name, field }) => [code(`--${name}`), code(field)]),
)}

- An empty \`--healthz-bind-address=\` or \`--metrics-bind-address=\` turns that server off, as
  \`--healthz-port=0\` and \`--metrics-port=0\` do.
- \`-v\`, \`--v\` chooses what is logged: 0 to 3 info, 4 and 5 debug, from 6 on trace. \`--log-level\`
  goes before it, and it goes before \`logging.verbosity\`.
- \`--cleanup\` is \`kube-ipvs cleanup\`; \`--init-only\` and \`--write-config-to\` do not exist.

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
