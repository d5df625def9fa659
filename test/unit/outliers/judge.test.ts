import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Group, idle, isDead, refuses, serves, type Second } from '../../support/judged-group.ts';

describe('the judgement of a real server', () => {
  let group: Group;
  beforeEach(() => {
    group = new Group();
  });

  for (const [what, second, failing] of [
    ['does not answer', isDead, 'no answer'],
    ['refuses', refuses, 'refused'],
  ] as const) {
    it(`ejects one that ${what} when that has lasted for two seconds`, () => {
      group.seconds(2, { a: second, b: serves, c: serves });
      assert.deepEqual(group.ejected, []);
      group.second({ a: second, b: serves, c: serves });
      assert.deepEqual(group.ejected, ['a']);
      const standing = group.standings.get('a');
      assert.equal(standing?.kind === 'ejected' && standing.failing, failing);
    });
  }

  for (const protocol of ['TCP', 'SCTP', 'UDP'] as const) {
    for (const family of ['IPv4', 'IPv6'] as const) {
      const hasRefusals = protocol !== 'UDP';
      it(`knows one that does not answer, one that serves${hasRefusals ? ' and one that refuses' : ''}: ${protocol}, ${family}`, () => {
        const load = { silent: isDead, refuses, a: serves, b: serves, c: serves };
        const other = new Group({ protocol, family });
        other.seconds(3, load);
        assert.deepEqual(other.ejected, hasRefusals ? ['silent', 'refuses'] : ['silent']);
      });
    }
  }

  it('waits for no further look where one comes a few milliseconds early', () => {
    const load = { a: isDead, b: serves, c: serves };
    group.second(load);
    group.second(load, 998);
    group.second(load, 997);
    assert.deepEqual(group.ejected, ['a']);
  });

  it('waits until the kernel has brought the counters up to date once more', () => {
    group.second({ a: isDead, b: serves, c: serves });
    group.seconds(2, { a: idle, b: serves, c: serves });
    assert.deepEqual(group.ejected, []);
    group.second({ a: { ...serves, connections: 3 }, b: serves, c: serves });
    group.second({ a: { ...isDead, connections: 3 }, b: serves, c: serves });
    group.seconds(2, { a: idle, b: serves, c: serves });
    assert.deepEqual(group.ejected, []);
    group.second({ a: idle, b: serves, c: serves });
    assert.deepEqual(group.ejected, ['a']);
  });

  it('wants three connections whose answers could be seen since', () => {
    const one: Second = { connections: 1, back: 'nothing' };
    group.seconds(3, { a: one, b: serves });
    group.seconds(2, { a: idle, b: serves });
    assert.deepEqual(group.ejected, []);
    group.second({ a: idle, b: serves });
    assert.deepEqual(group.ejected, ['a']);
  });

  it('gives the third one as long, however old the first two are', () => {
    const load = { a: { ...isDead, connections: 2 }, b: serves };
    group.second(load);
    group.seconds(600, { a: idle, b: serves });
    group.second({ a: { ...isDead, connections: 1 }, b: serves });
    group.seconds(2, { a: idle, b: serves });
    assert.deepEqual(group.ejected, []);
    group.second({ a: serves, b: serves });
    group.seconds(10, { a: idle, b: serves });
    assert.deepEqual(group.ejected, []);
  });

  it('counts connections of long ago that nothing was heard of since', () => {
    const one: Second = { connections: 1, back: 'nothing' };
    for (let times = 0; times < 3; times += 1) {
      assert.deepEqual(group.ejected, []);
      group.seconds(60, { a: idle, b: idle });
      group.second({ a: one, b: idle });
    }
    group.seconds(3, { a: idle, b: idle });
    assert.deepEqual(group.ejected, ['a']);
  });

  it('begins anew with each answer', () => {
    for (let times = 0; times < 100; times += 1) {
      group.seconds(2, { a: isDead, b: serves });
      group.second({ a: serves, b: serves });
    }
    assert.deepEqual(group.ejected, []);
  });

  it('tries it again after 10 s, and ejects it after each failed trial for twice as long, up to 5 minutes', () => {
    const load = { a: isDead, b: serves, c: serves };
    group.until(load, () => group.ejected.length > 0);
    const lasted: number[] = [];
    const trials: number[] = [];
    for (let times = 0; times < 7; times += 1) {
      lasted.push(group.until(load, () => group.ejected.length === 0));
      trials.push(group.until(load, () => group.ejected.length > 0));
    }
    assert.deepEqual(lasted, [10, 20, 40, 80, 160, 300, 300]);
    assert.deepEqual(trials, [2, 2, 2, 2, 2, 2, 2]);
  });

  it('waits with a trial for a connection', () => {
    group.until({ a: isDead, b: serves }, () => group.ejected.length > 0);
    group.until({ a: idle, b: idle }, () => group.ejected.length === 0);
    group.seconds(300, { a: idle, b: serves });
    assert.equal(group.standings.get('a')?.kind, 'on trial');
    group.second({ a: serves, b: serves });
    assert.equal(group.standings.get('a')?.kind, 'in use');
  });

  it('ends a trial when the counters can show an answer, and no sooner', () => {
    group.until({ a: isDead, b: serves }, () => group.ejected.length > 0);
    group.until({ a: idle, b: serves }, () => group.ejected.length === 0);
    group.second({ a: { ...isDead, connections: 1 }, b: serves });
    group.seconds(2, { a: idle, b: serves });
    assert.equal(group.standings.get('a')?.kind, 'on trial');
    group.second({ a: idle, b: serves });
    assert.equal(group.standings.get('a')?.kind, 'ejected');
  });

  it('ejects one that fails again soon for longer, and forgets when it has served for as long', () => {
    const ejectAndRestore = (): number => {
      group.until({ a: isDead, b: serves }, () => group.ejected.length > 0);
      const lasted = group.until({ a: isDead, b: serves }, () => group.ejected.length === 0);
      group.second({ a: serves, b: serves });
      return lasted;
    };
    assert.equal(ejectAndRestore(), 10);
    assert.equal(ejectAndRestore(), 20);
    group.seconds(20, { a: serves, b: serves });
    assert.equal(ejectAndRestore(), 10);
  });

  it('ejects none where all fail', () => {
    group.seconds(60, { a: isDead, b: refuses, c: isDead });
    assert.deepEqual(group.ejected, []);
  });

  it('ejects none while each of the others has an unanswered connection too', () => {
    group.second({ a: { ...isDead, connections: 5 }, b: idle, c: idle });
    group.seconds(60, { a: isDead, b: { ...isDead, connections: 1 }, c: isDead });
    assert.deepEqual(group.ejected, []);
  });

  it('restores those that are ejected when the others fail as well, and ejects none for them', () => {
    group.seconds(4, { a: isDead, b: serves, c: serves });
    assert.deepEqual(group.ejected, ['a']);
    group.until({ a: idle, b: isDead, c: isDead }, () => group.ejected.length === 0);
    group.seconds(120, { a: isDead, b: isDead, c: isDead });
    assert.deepEqual(group.ejected, []);
  });

  it('ejects the others when one that was restored so answers again', () => {
    group.seconds(4, { a: isDead, b: serves });
    group.until({ a: idle, b: isDead }, () => group.ejected.length === 0);
    group.seconds(2, { a: serves, b: isDead });
    assert.deepEqual(group.ejected, ['b']);
  });

  it('ejects one to which all clients are kept, though nothing is heard of the others', () => {
    group.seconds(3, { a: isDead, b: idle, c: idle });
    assert.deepEqual(group.ejected, ['a']);
  });

  it('never ejects the only one', () => {
    group.seconds(60, { a: isDead });
    assert.deepEqual(group.ejected, []);
  });

  it('ejects no more than half', () => {
    group.seconds(5, { a: isDead, b: isDead, c: isDead, d: isDead, e: serves });
    assert.deepEqual(group.ejected, ['a', 'b']);
  });

  it('tries those over the limit when others have gone', () => {
    group.seconds(4, { a: isDead, b: isDead, c: serves, d: serves });
    assert.deepEqual(group.ejected, ['a', 'b']);
    group.second({ a: isDead, b: isDead, c: serves });
    assert.equal(group.ejected.length, 1);
  });

  it('forgets one that has gone', () => {
    group.seconds(4, { a: isDead, b: serves });
    group.second({ b: serves });
    group.second({ a: serves, b: serves });
    assert.equal(group.standings.get('a')?.kind, 'in use');
  });
});

describe('the judgement of real servers, whatever happens to them', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const anySecond: fc.Arbitrary<Second> = fc.record({
    connections: fc.nat({ max: 4 }),
    back: fc.constantFrom('answers', 'resets', 'nothing'),
  });
  const seconds = (each: fc.Arbitrary<Second>, of: readonly string[]) =>
    fc.array(fc.record(Object.fromEntries(of.map((name) => [name, each]))), { maxLength: 120 });
  const several = fc.subarray(names, { minLength: 1 });

  it('ejects at most half of them, and at no time the last one', () => {
    const histories = several.chain((members) => seconds(anySecond, members));
    fc.assert(
      fc.property(histories, (history) => {
        const group = new Group();
        for (const second of history) {
          group.second(second);
          assert.ok(group.ejected.length <= Object.keys(second).length / 2);
        }
      }),
    );
  });

  it('never ejects one that answers whatever it gets', () => {
    const healthy = fc.nat({ max: 4 }).map((connections): Second => ({ ...serves, connections }));
    const histories = fc
      .tuple(seconds(anySecond, ['b', 'c', 'd']), seconds(healthy, ['a']))
      .map(([others, own]) =>
        others.map((second, at) => ({ ...second, a: own[at]?.['a'] ?? idle })),
      );
    fc.assert(
      fc.property(histories, (history) => {
        const group = new Group();
        for (const second of history) {
          group.second(second);
          assert.ok(!group.ejected.includes('a'));
        }
      }),
    );
  });

  it('ejects none where each gets connections and none answers from the first second on', () => {
    const failing = fc.record({
      connections: fc.integer({ min: 1, max: 4 }),
      back: fc.constantFrom('resets' as const, 'nothing' as const),
    });
    const histories = several.chain((members) => seconds(failing, members));
    fc.assert(
      fc.property(histories, (history) => {
        const group = new Group();
        for (const second of history) {
          group.second(second);
          assert.deepEqual(group.ejected, []);
        }
      }),
    );
  });

  it('has one that is dead ejected or on trial three seconds later, beside others that serve', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 400 }),
        fc.integer({ min: 3, max: 20 }),
        (after, others) => {
          const load: Record<string, Second> = { dead: isDead };
          for (let name = 0; name < others; name += 1) {
            load[`other-${name}`] = serves;
          }
          const group = new Group();
          group.seconds(after, load);
          assert.notEqual(group.standings.get('dead')?.kind, 'in use');
        },
      ),
    );
  });
});
