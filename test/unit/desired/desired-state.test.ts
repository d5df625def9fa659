import assert from 'node:assert/strict';
import {
  noTranslation,
  type DesiredFrontEnd,
  type Translation,
} from '../../../src/translate/desired.ts';
import { ip } from '../../support/cluster-objects.ts';
import { MemoryTables } from '../../support/memory-tables.ts';
import { frontEnd } from '../../support/rows.ts';

function translation(...virtualServers: DesiredFrontEnd[]): Translation {
  const boundAddresses = new Map(
    virtualServers.map(({ virtualServer: { id } }) => {
      assert.ok(id.kind === 'address');
      return [id.address.text, id.address];
    }),
  );
  return { ...noTranslation, virtualServers, boundAddresses: [...boundAddresses.values()] };
}

const key = 'TCP 10.96.0.1:80';

function keysOf(places: readonly { readonly key: string }[]): string[] {
  return places.map(({ key }) => key);
}

describe('the desired state', () => {
  it('has the rows of every Service', () => {
    const { virtualServers, boundAddresses, desired } = new MemoryTables();
    const row = frontEnd();
    const other = frontEnd({ address: ip('fd00:96::1'), port: 443 });
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
    const { virtualServers, boundAddresses, desired } = new MemoryTables();
    desired.setService('default/web', 0, translation(frontEnd()));
    desired.setService('default/web', 0, undefined);
    assert.equal(virtualServers.rows.size, 0);
    assert.equal(boundAddresses.rows.size, 0);
    assert.equal(desired.serviceOf(key), undefined);
  });

  it('loses the row of a port that a Service drops, and no other', () => {
    const { virtualServers, boundAddresses, desired } = new MemoryTables();
    desired.setService('default/web', 0, translation(frontEnd(), frontEnd({ port: 81 })));
    desired.setService('default/web', 0, translation(frontEnd()));
    assert.deepEqual([...virtualServers.rows.keys()], [key]);
    assert.deepEqual([...boundAddresses.rows.keys()], ['10.96.0.1']);
  });

  it('gives a virtual server that two Services claim to the older one', () => {
    const { virtualServers, desired } = new MemoryTables();
    const ofYoung = frontEnd({ scheduler: 'lc' });
    const ofOld = frontEnd({ scheduler: 'wrr' });
    desired.setService('default/young', 2000, translation(ofYoung));
    desired.setService('default/old', 1000, translation(ofOld));
    assert.equal(virtualServers.rows.get(key), ofOld);
    assert.equal(desired.serviceOf(key), 'default/old');
    desired.setService('default/old', 1000, undefined);
    assert.equal(virtualServers.rows.get(key), ofYoung);
    assert.equal(desired.serviceOf(key), 'default/young');
  });

  it('keeps an address bound while one of its Services is left', () => {
    const { boundAddresses, desired } = new MemoryTables();
    desired.setService('default/a', 0, translation(frontEnd()));
    desired.setService('default/b', 0, translation(frontEnd({ port: 81 })));
    desired.setService('default/a', 0, undefined);
    assert.deepEqual([...boundAddresses.rows.keys()], ['10.96.0.1']);
    desired.setService('default/b', 0, undefined);
    assert.equal(boundAddresses.rows.size, 0);
  });

  it('tells the tables of the rows of the changed Service alone', () => {
    const tables = new MemoryTables();
    const { virtualServers, boundAddresses, desired } = tables;
    const address = ip('10.96.0.1');
    desired.setService('default/web', 0, translation(frontEnd({ address })));
    desired.setService('default/other', 0, translation(frontEnd({ address: ip('10.96.0.2') })));
    tables.forget();
    desired.setService('default/web', 0, translation(frontEnd({ address, scheduler: 'lc' })));
    assert.deepEqual(virtualServers.told, [key]);
    assert.deepEqual(boundAddresses.told, []);
  });

  it('tells nothing of a claim that does not win', () => {
    const tables = new MemoryTables();
    const { virtualServers, desired } = tables;
    desired.setService('default/old', 1000, translation(frontEnd()));
    tables.forget();
    desired.setService('default/young', 2000, translation(frontEnd({ scheduler: 'lc' })));
    assert.deepEqual(virtualServers.told, []);
  });

  it('tells nothing of a claim that did not win and goes', () => {
    const tables = new MemoryTables();
    const { virtualServers, boundAddresses, desired } = tables;
    desired.setService('default/old', 1000, translation(frontEnd()));
    desired.setService('default/young', 2000, translation(frontEnd()));
    tables.forget();
    desired.setService('default/young', 2000, undefined);
    assert.deepEqual(virtualServers.told, []);
    assert.deepEqual(boundAddresses.told, []);
  });

  it('says which virtual servers a change was about, and who lost them', () => {
    const { desired } = new MemoryTables();
    const [one, two] = [frontEnd(), frontEnd({ port: 81 })];
    desired.setService('default/old', 1, translation(one));
    const { virtualServers } = desired.setService('default/young', 2, translation(one, two));
    assert.deepEqual(keysOf(virtualServers), [key, 'TCP 10.96.0.1:81']);
    assert.deepEqual(desired.losersOf(key), ['default/young']);
    assert.deepEqual(desired.losersOf('TCP 10.96.0.1:81'), []);
    assert.deepEqual(keysOf(desired.setService('default/young', 2, undefined).virtualServers), [
      key,
      'TCP 10.96.0.1:81',
    ]);
    assert.deepEqual(desired.losersOf(key), []);
  });

  it('says which addresses became a VIP, and which may be none any more', () => {
    const { desired } = new MemoryTables();
    const at = (...texts: string[]) =>
      translation(...texts.map((text) => frontEnd({ address: ip(text) })));
    const vipsOf = (...change: Parameters<typeof desired.setService>) =>
      desired.setService(...change).vips;
    assert.deepEqual(vipsOf('default/a', 1, at('10.96.0.1', '10.96.0.2')), [
      '10.96.0.1',
      '10.96.0.2',
    ]);
    assert.deepEqual(vipsOf('default/a', 1, at('10.96.0.1', '10.96.0.2')), []);
    assert.deepEqual(vipsOf('default/a', 1, at('10.96.0.2', '10.96.0.3')), [
      '10.96.0.1',
      '10.96.0.3',
    ]);
    assert.ok(!desired.isVip('10.96.0.1'));
    assert.ok(desired.isVip('10.96.0.2'));
    assert.deepEqual(vipsOf('default/a', 1, undefined), ['10.96.0.2', '10.96.0.3']);
    assert.ok(!desired.isVip('10.96.0.2'));
  });

  it('has an address as a VIP as long as one of its Services wants it bound', () => {
    const { desired } = new MemoryTables();
    desired.setService('default/a', 1, translation(frontEnd()));
    const second = desired.setService('default/b', 0, translation(frontEnd({ port: 81 })));
    assert.deepEqual(second.vips, []);
    desired.setService('default/b', 0, undefined);
    assert.ok(desired.isVip('10.96.0.1'));
  });
});
