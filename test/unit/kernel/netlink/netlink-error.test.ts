import assert from 'node:assert/strict';
import { isOutcomeUnknown, NetlinkError } from '../../../../src/kernel/netlink/netlink-error.ts';

describe('a netlink error', () => {
  it('names its errno and says what it means', () => {
    const error = NetlinkError.fromErrno(2);
    assert.equal(error.code, 'ENOENT');
    assert.equal(error.message, 'ENOENT: no such file or directory');
  });

  it('has a code also for an errno that nobody knows', () => {
    const error = NetlinkError.fromErrno(512);
    assert.equal(error.code, 'E512');
    assert.match(error.message, /^E512: an error number/);
  });

  for (const code of ['ETIMEDOUT', 'ENOBUFS', 'EBADMSG']) {
    it(`leaves the outcome unknown where it is ${code}`, () => {
      assert.equal(isOutcomeUnknown(new NetlinkError(code, 'for a test')), true);
    });
  }

  it('is an outcome where the kernel has refused', () => {
    assert.equal(isOutcomeUnknown(NetlinkError.fromErrno(17)), false);
  });
});
