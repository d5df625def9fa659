import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { neededPermissions, type NeededPermission } from '../permissions.ts';
import type { PermissionReading } from '../readers.ts';

const applyRole =
  'kubectl apply -f config/base/service-account.yaml -f config/base/cluster-role.yaml -f config/base/cluster-role-binding.yaml';

const kinds = kindsOf({
  'nothing-served': {
    severity: 'error',
    means:
      'Without this permission kube-ipvs never gets a complete list of Services and endpoints, and programs nothing.',
    mend: applyRole,
  },
  'less-known': {
    severity: 'warning',
    means:
      'Without nodes, zone and addresses of the Nodes are unknown: topology hints do not apply, and addresses of other hosts are not refused. Without events, problems stand in the log alone.',
    mend: applyRole,
  },
  'not-told': {
    severity: 'note',
    means:
      'The API server did not say whether this is permitted (it refuses SelfSubjectAccessReviews to these credentials).',
  },
  'not-asked': {
    severity: 'note',
    means: 'Permissions are asked of the API server, which was not asked.',
  },
  'another-user': {
    severity: 'note',
    means:
      'These are the permissions of the credentials that the doctor was given, not those of the daemon. Ask in the Pod of kube-ipvs.',
    mend: 'kubectl -n kube-system exec ds/kube-ipvs -- kube-ipvs doctor --config /var/lib/kube-proxy/config.conf',
  },
});

type Seen =
  | { readonly kind: 'not asked'; readonly why: string }
  | {
      readonly kind: 'asked';
      readonly user: string | undefined;
      readonly answers: readonly (readonly [NeededPermission, PermissionReading])[];
    };

/** Each permission that the ClusterRole gives. */
export const apiPermissions = defineCheck<Seen>({
  name: 'api-permissions',
  title: 'Permissions at the API server',
  looksAt:
    'Each permission of config/base/cluster-role.yaml, asked with a SelfSubjectAccessReview, and by which name the API server knows the credentials.',
  kinds,
  look: async ({ api }): Promise<Seen> => {
    if (api.kind === 'not asked') {
      return api;
    }
    if ((await api.version()).kind === 'failed') {
      return { kind: 'not asked', why: 'the API server cannot be reached' };
    }
    const answers: (readonly [NeededPermission, PermissionReading])[] = [];
    for (const permission of neededPermissions) {
      answers.push([permission, await api.may(permission)]);
    }
    return { kind: 'asked', user: await api.userName(), answers };
  },
  judge: (seen) => {
    if (seen.kind === 'not asked') {
      return [found(kinds['not-asked'], `not asked: ${seen.why}`)];
    }
    const { user, answers } = seen;
    const findings: Finding[] = answers.flatMap(([permission, answer]) => {
      const name = nameOf(permission);
      switch (answer.kind) {
        case 'allowed':
          return [];
        case 'denied':
          return [
            found(
              permission.without === 'nothing is served'
                ? kinds['nothing-served']
                : kinds['less-known'],
              `${user ?? 'these credentials'} may not ${name}`,
            ),
          ];
        case 'not told':
          return [found(kinds['not-told'], `${name}: ${answer.reason}`)];
      }
    });
    if (user !== undefined && !/^system:serviceaccount:[^:]+:kube-ipvs$/.test(user)) {
      findings.push(found(kinds['another-user'], `asked as ${user}`));
    }
    return orFine(findings, `all ${answers.length} are there, as ${user ?? 'these credentials'}`);
  },
});

/** `list endpointslices.discovery.k8s.io`. */
function nameOf({ group, resource, verb }: NeededPermission): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}
