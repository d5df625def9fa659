import assert from 'node:assert/strict';
import type { IpAddress } from '../../../src/net/ip-address.ts';
import { DesiredState } from '../../../src/reconcile/desired-state.ts';
import type { Translation, VirtualServer } from '../../../src/translate/desired.ts';
import { ip } from '../../support/cluster-objects.ts';
import { virtualServer } from '../../support/rows.ts';

/** A table that remembers what it holds and which keys it was told of. */
class Table<Row> {
  readonly rows = new Map<string, Row>();
  told: string[] = [];

  setDesired(key: string, row: Row | undefined): void {
    this.told.push(key);
    if (row === undefined) {
      this.rows.delete(key);
    } else {
      this.rows.set(key, row);
    }
  }
}

function setUp() {
  const virtualServers = new Table<VirtualServer>();
  const boundAddresses = new Table<IpAddress>();
  const desired = new DesiredState(virtualServers, boundAddresses);
  const forget = () => {
    virtualServers.told = [];
    boundAddresses.told = [];
  };
  return { virtualServers, boundAddresses, desired, forget };
}

function translation(...virtualServers: VirtualServer[]): Translation {
  const boundAddresses = new Map(virtualServers.map(({ address }) => [address.text, address]));
  return { virtualServers, boundAddresses: [...boundAddresses.values()], problems: [] };
}

const key = 'TCP 10.96.0.1:80';

describe('the desired state', () => {
  it('has the rows of every Service', () => {
    const { virtualServers, boundAddresses, desired } = setUp();
    const row = virtualServer();
    const other = virtualServer({ address: ip('fd00:96::1'), port: 443 });
    desired.setService('default/web', 0, translation(row));
    desired.setService('default/other', 0, translation(other));
    assert.deepEqual(
      virtualServers.rows,
      new Map([
        [key, row],
        ['TCP [fd00:96::1]:443', other],
      ]),
    );
    assert.deepEqual([...boundAddresses.rows.keys()], ['10.96.0.1', 'fd00:96::1']);
    assert.equal(desired.serviceOf(key), 'default/web');
  });

  it('loses the rows of a Service that is gone', () => {
    const { virtualServers, boundAddresses, desired } = setUp();
    desired.setService('default/web', 0, translation(virtualServer()));
    desired.setService('default/web', 0, undefined);
    assert.equal(virtualServers.rows.size, 0);
    assert.equal(boundAddresses.rows.size, 0);
    assert.equal(desired.serviceOf(key), undefined);
  });

  it('loses the row of a port that a Service drops, and no other', () => {
    const { virtualServers, boundAddresses, desired } = setUp();
    desired.setService('default/web', 0, translation(virtualServer(), virtualServer({ port: 81 })));
    desired.setService('default/web', 0, translation(virtualServer()));
    assert.deepEqual([...virtualServers.rows.keys()], [key]);
    assert.deepEqual([...boundAddresses.rows.keys()], ['10.96.0.1']);
  });

  it('gives a virtual server that two Services claim to the older one', () => {
    const { virtualServers, desired } = setUp();
    const ofYoung = virtualServer({ scheduler: 'lc' });
    const ofOld = virtualServer({ scheduler: 'wrr' });
    desired.setService('default/young', 2000, translation(ofYoung));
    desired.setService('default/old', 1000, translation(ofOld));
    assert.equal(virtualServers.rows.get(key), ofOld);
    assert.equal(desired.serviceOf(key), 'default/old');
    desired.setService('default/old', 1000, undefined);
    assert.equal(virtualServers.rows.get(key), ofYoung);
    assert.equal(desired.serviceOf(key), 'default/young');
  });

  it('keeps an address bound while one of its Services is left', () => {
    const { boundAddresses, desired } = setUp();
    desired.setService('default/a', 0, translation(virtualServer()));
    desired.setService('default/b', 0, translation(virtualServer({ port: 81 })));
    desired.setService('default/a', 0, undefined);
    assert.deepEqual([...boundAddresses.rows.keys()], ['10.96.0.1']);
    desired.setService('default/b', 0, undefined);
    assert.equal(boundAddresses.rows.size, 0);
  });

  it('tells the tables of the rows of the changed Service alone', () => {
    const { virtualServers, boundAddresses, desired, forget } = setUp();
    const address = ip('10.96.0.1');
    desired.setService('default/web', 0, translation(virtualServer({ address })));
    desired.setService(
      'default/other',
      0,
      translation(virtualServer({ address: ip('10.96.0.2') })),
    );
    forget();
    desired.setService('default/web', 0, translation(virtualServer({ address, scheduler: 'lc' })));
    assert.deepEqual(virtualServers.told, [key]);
    assert.deepEqual(boundAddresses.told, []);
  });

  it('tells nothing of a claim that does not win', () => {
    const { virtualServers, desired, forget } = setUp();
    desired.setService('default/old', 1000, translation(virtualServer()));
    forget();
    desired.setService('default/young', 2000, translation(virtualServer({ scheduler: 'lc' })));
    assert.deepEqual(virtualServers.told, []);
  });

  it('tells nothing of a claim that did not win and goes', () => {
    const { virtualServers, boundAddresses, desired, forget } = setUp();
    desired.setService('default/old', 1000, translation(virtualServer()));
    desired.setService('default/young', 2000, translation(virtualServer()));
    forget();
    desired.setService('default/young', 2000, undefined);
    assert.deepEqual(virtualServers.told, []);
    assert.deepEqual(boundAddresses.told, []);
  });
});
