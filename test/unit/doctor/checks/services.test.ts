import assert from 'node:assert/strict';
import { services } from '../../../../src/doctor/checks/services.ts';
import {
  apiNotAsked,
  clusterWith,
  findingsOf,
  kindsFound,
} from '../../../support/doctor-readers.ts';

function problemOf(reason: string | undefined, name = 'web') {
  const problem = { object: `Service default/${name}`, field: 'x', value: 1, allowed: 'allowed' };
  const service = reason === undefined ? undefined : { namespace: 'default', name };
  return clusterWith({ problems: [{ problem, reason, service }] });
}

describe('doctor: services', () => {
  it('is content where all are served', async () => {
    assert.deepEqual(await kindsFound(services), ['ok']);
  });

  it('says that no cluster was read', async () => {
    const none = { cluster: () => Promise.resolve({ kind: 'not asked', why: '' } as const) };
    assert.deepEqual(await kindsFound(services, none), ['not-asked']);
  });

  const kinds = [
    ['UnknownScheduler', 'annotation'],
    ['UnknownAnnotation', 'annotation'],
    ['SchedulerMissing', 'scheduler-missing'],
    ['ExternalIPRefused', 'vip-refused'],
    ['LoadBalancerIPRefused', 'vip-refused'],
    ['AddressConflict', 'conflict'],
    ['PortRangeConflict', 'conflict'],
    ['PortRangesRefused', 'port-ranges-refused'],
    ['EndpointRefused', 'endpoint-refused'],
    [undefined, 'bad-object'],
  ] as const;
  for (const [reason, kind] of kinds) {
    it(`finds ${kind} for the reason ${reason ?? 'of an object that cannot be read'}`, async () => {
      assert.deepEqual(await kindsFound(services, problemOf(reason)), [kind]);
    });
  }

  it('names the Service in the command, as a word that a shell takes for nothing else', async () => {
    const [plain] = await findingsOf(services, problemOf('UnknownScheduler'));
    assert.equal(plain?.command, 'kubectl -n default edit service web');
    const [hostile] = await findingsOf(services, problemOf('UnknownScheduler', "a'; reboot #NAME"));
    assert.equal(hostile?.command, "kubectl -n default edit service 'a'\\''; reboot #NAME'");
  });

  it('has no command for files', async () => {
    const different = { ...problemOf('UnknownScheduler'), ...apiNotAsked };
    assert.equal((await findingsOf(services, different))[0]?.command, undefined);
  });

  it('calls a mistake of ours an error', async () => {
    const [finding] = await findingsOf(services, clusterWith({ mistakes: ['Service a/b: oops'] }));
    assert.equal(finding?.kind, 'mistake');
    assert.equal(finding.severity, 'error');
  });
});
