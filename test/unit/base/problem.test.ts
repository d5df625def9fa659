import assert from 'node:assert/strict';
import { formatProblem } from '../../../src/base/problem.ts';

const problem = {
  object: 'Service default/web',
  field: 'spec.ports[0].port',
  value: 70_000,
  allowed: 'must be a number from 1 to 65535',
};

describe('a problem in one line', () => {
  it('names object, field, value and what is allowed', () => {
    assert.equal(
      formatProblem(problem),
      'Service default/web: spec.ports[0].port is 70000; must be a number from 1 to 65535',
    );
  });

  it('begins with the file where there is one', () => {
    assert.match(
      formatProblem({ ...problem, origin: 'web.yaml, document 2' }),
      /^web\.yaml, document 2: Service default\/web: /,
    );
  });

  it('leaves out the value where there is none', () => {
    assert.equal(
      formatProblem({ ...problem, value: undefined }),
      'Service default/web: spec.ports[0].port must be a number from 1 to 65535',
    );
  });

  it('leaves out the field where the whole object is meant', () => {
    assert.equal(
      formatProblem({ ...problem, field: '', value: 'text', allowed: 'must be an object' }),
      'Service default/web: is "text"; must be an object',
    );
  });

  it('tells text from numbers', () => {
    assert.match(formatProblem({ ...problem, value: '80' }), / is "80"; /);
  });

  it('stays one line, whatever the value is', () => {
    const line = formatProblem({ ...problem, value: 'a\nb\u001b[31m\r' });
    assert.doesNotMatch(line, /\p{Cc}/u);
  });

  it('shows null, lists and objects as JSON', () => {
    assert.match(formatProblem({ ...problem, value: null }), / is null; /);
    assert.match(formatProblem({ ...problem, value: [1, { a: 2 }] }), / is \[1,\{"a":2\}\]; /);
  });

  it('cuts a long value short', () => {
    const line = formatProblem({ ...problem, value: 'x'.repeat(10_000) });
    assert.ok(line.length < 300);
    assert.match(line, /x…; must be/);
  });

  it('does not fail over a value that JSON cannot hold', () => {
    const circular: unknown[] = [];
    circular.push(circular);
    for (const value of [circular, 10n, Symbol('s'), () => 1]) {
      assert.match(formatProblem({ ...problem, value }), /must be a number/);
    }
  });
});
