import assert from 'node:assert/strict';
import {
  endpointSlices,
  oneNode,
  services,
  type Resource,
} from '../../../src/source/api-server/resource.ts';
import { readManifest } from '../../support/deployed.ts';

const { rules, metadata } = readManifest('ClusterRole', 'base/cluster-role.yaml');

function verbsFor(group: string, name: string): readonly string[] {
  return rules
    .filter(({ apiGroups, resources }) => apiGroups.includes(group) && resources.includes(name))
    .flatMap(({ verbs }) => verbs);
}

describe('ClusterRole', () => {
  it('allows this and nothing else', () => {
    assert.deepEqual(rules, [
      { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
      {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['list', 'watch'],
      },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
    ]);
  });

  for (const resource of [services, endpointSlices, oneNode('node-a')] satisfies Resource[]) {
    it(`allows to list and watch ${resource.name}, which the program does`, () => {
      const verbs = verbsFor(resource.group, resource.name);
      assert.deepEqual(
        ['list', 'watch'].filter((verb) => !verbs.includes(verb)),
        [],
      );
    });
  }

  it('is bound to the ServiceAccount alone', () => {
    const account = readManifest('ServiceAccount', 'base/service-account.yaml').metadata;
    const binding = readManifest('ClusterRoleBinding', 'base/cluster-role-binding.yaml');
    assert.deepEqual(binding.roleRef, {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: metadata.name,
    });
    assert.deepEqual(binding.subjects, [{ kind: 'ServiceAccount', ...account }]);
  });
});
