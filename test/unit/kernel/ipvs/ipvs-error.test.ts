import assert from 'node:assert/strict';
import {
  describeOperation,
  IpvsError,
  IpvsUnavailableError,
} from '../../../../src/kernel/ipvs/ipvs-error.ts';
import type { Operation } from '../../../../src/kernel/ipvs/model.ts';
import { NetlinkError } from '../../../../src/kernel/netlink/netlink-error.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const id = virtualServer('10.96.0.1');
const settings = { ...plainSettings, scheduler: 'mh' };
const addVirtualServer: Operation = { kind: 'add virtual server', id, settings };
const addRealServer: Operation = {
  kind: 'add real server',
  id,
  realServer: realServer('10.244.0.7', { weight: 3 }),
};

describe('an operation on IPVS in words', () => {
  const server = realServer('fd00:244::7', { weight: 3 });
  const ipv6 = virtualServer('fd00::1', 53, 'UDP');
  const cases: readonly [Operation, string][] = [
    [addVirtualServer, 'add virtual server TCP 10.96.0.1:80 (scheduler mh)'],
    [
      { kind: 'change virtual server', id: ipv6, settings },
      'change virtual server UDP [fd00::1]:53 (scheduler mh)',
    ],
    [
      { kind: 'delete virtual server', id: { kind: 'fwmark', family: 'IPv6', fwmark: 7 } },
      'delete virtual server fwmark 7 (IPv6)',
    ],
    [addRealServer, 'add real server 10.244.0.7:8080 to TCP 10.96.0.1:80'],
    [
      { kind: 'change real server', id: ipv6, realServer: server },
      'change real server [fd00:244::7]:8080 of UDP [fd00::1]:53 (weight 3)',
    ],
    [
      { kind: 'delete real server', id: ipv6, realServer: server },
      'delete real server [fd00:244::7]:8080 from UDP [fd00::1]:53',
    ],
  ];
  for (const [operation, words] of cases) {
    it(`is "${words}"`, () => {
      assert.equal(describeOperation(operation), words);
    });
  }
});

describe('an error of IPVS', () => {
  const message = (operation: Operation, errno: number): string =>
    new IpvsError(operation, NetlinkError.fromErrno(errno)).message;

  it('names object, operation, errno and what that means here', () => {
    assert.equal(
      message(addVirtualServer, 2),
      'add virtual server TCP 10.96.0.1:80 (scheduler mh): ENOENT: the kernel has no scheduler "mh"; its module ip_vs_mh could not be loaded',
    );
    assert.equal(
      message({ kind: 'delete virtual server', id }, 2),
      'delete virtual server TCP 10.96.0.1:80: ENOENT: the virtual server does not exist',
    );
    assert.equal(
      message({ kind: 'delete real server', id, realServer: realServer('10.244.0.7') }, 2),
      'delete real server 10.244.0.7:8080 from TCP 10.96.0.1:80: ENOENT: the real server does not exist',
    );
    assert.equal(
      message(addRealServer, 3),
      'add real server 10.244.0.7:8080 to TCP 10.96.0.1:80: ESRCH: the virtual server does not exist',
    );
    assert.match(message(addRealServer, 17), /: EEXIST: it exists already$/);
    assert.match(message(addRealServer, 22), /: EINVAL: .* unicast/);
  });

  it('gives the text of the errno itself where that does not mislead', () => {
    assert.match(message(addRealServer, 12), /: ENOMEM: not enough memory$/);
  });

  it('keeps the code, the operation and the cause', () => {
    const cause = NetlinkError.fromErrno(17);
    const error = new IpvsError(addRealServer, cause);
    assert.equal(error.code, 'EEXIST');
    assert.equal(error.operation, addRealServer);
    assert.equal(error.cause, cause);
    assert.equal(error.outcomeUnknown, false);
  });

  it('says so where the outcome is not known', () => {
    const error = new IpvsError(addRealServer, new NetlinkError('ENOBUFS', 'answers were lost'));
    assert.equal(error.outcomeUnknown, true);
    assert.match(error.message, /^add real server .*: ENOBUFS: answers were lost$/);
  });
});

describe('the reason why IPVS cannot be used', () => {
  for (const [errno, reason, advice] of [
    [2, 'module missing', /modprobe ip_vs/],
    [1, 'not permitted', /NET_ADMIN/],
    [13, 'not permitted', /NET_ADMIN/],
    [12, 'no answer', /ENOMEM/],
  ] as const) {
    it(`is "${reason}" for errno ${errno}, with what to do about it`, () => {
      const error = IpvsUnavailableError.from(NetlinkError.fromErrno(errno));
      assert.equal(error.reason, reason);
      assert.match(error.message, advice);
    });
  }
});
