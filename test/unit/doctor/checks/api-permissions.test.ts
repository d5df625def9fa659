import assert from 'node:assert/strict';
import { apiPermissions } from '../../../../src/doctor/checks/api-permissions.ts';
import { neededPermissions } from '../../../../src/doctor/permissions.ts';
import type { PermissionReading } from '../../../../src/doctor/readers.ts';
import { readManifest } from '../../../support/deployed.ts';
import {
  apiDown,
  apiNotAsked,
  apiWith,
  findingsOf,
  kindsFound,
} from '../../../support/doctor-readers.ts';

const without = (name: string, answer: PermissionReading = { kind: 'denied' }) =>
  apiWith({ may: ({ resource }) => (resource === name ? answer : { kind: 'allowed' }) });

describe('doctor: api-permissions', () => {
  it('asks for each permission of the ClusterRole, and for no other', () => {
    const { rules } = readManifest('ClusterRole', 'base/cluster-role.yaml');
    const given = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource} ${group}`)),
      ),
    );
    const asked = neededPermissions.map(
      ({ verb, resource, group }) => `${verb} ${resource} ${group}`,
    );
    assert.deepEqual(asked.toSorted(), given.toSorted());
  });

  it('is content where all are given', async () => {
    assert.deepEqual(await kindsFound(apiPermissions), ['ok']);
  });

  it('minds one without which nothing is served, by its name', async () => {
    const findings = await findingsOf(apiPermissions, without('endpointslices'));
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['nothing-served', 'nothing-served'],
    );
    assert.match(
      findings[0]?.seen ?? '',
      /kube-ipvs may not list endpointslices\.discovery\.k8s\.io/,
    );
  });

  it('warns of one that it can do without', async () => {
    assert.deepEqual(await kindsFound(apiPermissions, without('events')), ['less-known']);
  });

  it('says where the question itself is refused', async () => {
    const refused = without('events', { kind: 'not told', reason: 'forbidden' });
    assert.deepEqual(await kindsFound(apiPermissions, refused), ['not-told']);
  });

  it('says whose permissions they are where they are not those of the daemon', async () => {
    assert.deepEqual(await kindsFound(apiPermissions, apiWith({ user: 'kubernetes-admin' })), [
      'another-user',
    ]);
    assert.deepEqual(await kindsFound(apiPermissions, apiWith({ user: undefined })), ['ok']);
  });

  it('says that nobody was asked', async () => {
    assert.deepEqual(await kindsFound(apiPermissions, apiNotAsked), ['not-asked']);
    assert.deepEqual(await kindsFound(apiPermissions, apiDown), ['not-asked']);
  });
});
