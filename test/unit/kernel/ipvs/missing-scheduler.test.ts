import assert from 'node:assert/strict';
import { IpvsError } from '../../../../src/kernel/ipvs/ipvs-error.ts';
import type { Operation } from '../../../../src/kernel/ipvs/model.ts';
import { NetlinkError } from '../../../../src/kernel/netlink/netlink-error.ts';
import { missingSchedulerOf } from '../../../../src/kernel/ipvs/missing-scheduler.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { frontEnd } from '../../../support/rows.ts';

const { id, settings } = frontEnd({ scheduler: 'mh' }).virtualServer;

function found(operation: Operation, code: string): string | undefined {
  const error = new IpvsError(operation, new NetlinkError(code, code));
  return missingSchedulerOf({ kind: 'virtual server', key: 'TCP 10.96.0.1:80', error });
}

describe('a scheduler is missing in the kernel', () => {
  it('where that answers ENOENT to a virtual server with it, new or changed', () => {
    assert.equal(found({ kind: 'add virtual server', id, settings }, 'ENOENT'), 'mh');
    assert.equal(found({ kind: 'change virtual server', id, settings }, 'ENOENT'), 'mh');
  });

  it('not where it answers anything else', () => {
    for (const code of ['ESRCH', 'EEXIST', 'ENOMEM', 'EPERM']) {
      assert.equal(found({ kind: 'add virtual server', id, settings }, code), undefined);
    }
  });

  it('not where it answers ENOENT to something else', () => {
    const realServer = { address: ip('10.244.1.1'), port: 8080 };
    assert.equal(found({ kind: 'delete real server', id, realServer }, 'ENOENT'), undefined);
    assert.equal(found({ kind: 'delete virtual server', id }, 'ENOENT'), undefined);
  });

  it('not where this program does not know it', () => {
    const foreign = { ...settings, scheduler: 'best' };
    assert.equal(found({ kind: 'add virtual server', id, settings: foreign }, 'ENOENT'), undefined);
  });

  it('not where another error has the code, or none', () => {
    const error = Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    assert.equal(missingSchedulerOf({ kind: 'bound address', key: 'x', error }), undefined);
  });
});
