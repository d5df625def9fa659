import assert from 'node:assert/strict';
import { outliersOf } from '../../../src/outliers/outliers.ts';
import { Group, idle, isDead, serves } from '../../support/judged-group.ts';

describe('what is told of a real server that was ejected', () => {
  let group: Group;
  beforeEach(() => {
    group = new Group();
    group.until({ a: isDead, b: serves }, () => group.ejected.length > 0);
  });

  function told(): readonly string[] {
    return [...outliersOf(group.standings, undefined, group.nowMs).failing.keys()];
  }

  it('is that it fails, while it is ejected and as long after that', () => {
    assert.deepEqual(told(), ['a']);
    group.until({ a: idle, b: serves }, () => group.ejected.length === 0);
    group.seconds(9, { a: idle, b: serves });
    assert.deepEqual(told(), ['a']);
  });

  it('is nothing any more where nobody has asked it for so long: it may answer by now', () => {
    group.until({ a: idle, b: serves }, () => group.ejected.length === 0);
    group.seconds(10, { a: idle, b: serves });
    assert.deepEqual(told(), []);
    assert.equal(group.standings.get('a')?.kind, 'on trial');
  });
});
