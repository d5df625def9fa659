import assert from 'node:assert/strict';
import { annotationsPage } from '../../../../hack/docs/annotations-page.ts';
import { annotations, type Choices } from '../../../../src/translate/annotations/registry.ts';
import { chosenBy } from '../../../support/choices.ts';
import { endpoint, service, servicePort, slice } from '../../../support/cluster-objects.ts';
import { place } from '../../../support/place.ts';
import { translate } from '../../../support/translation.ts';

const keys = Object.keys(annotations) as (keyof Choices)[]; // Object.keys() forgets which keys

/** No annotation takes any text at all. */
const unusable = 'no such value';

for (const key of keys) {
  const { name, aliases, docs, reasons } = annotations[key];
  const { [name]: own, ...needed }: Readonly<Record<string, string>> = docs.example;

  describe(`the annotation ${name}`, () => {
    it('has an example that is taken without a problem and chooses something else', () => {
      assert.ok(own !== undefined, 'the example shows the annotation itself');
      const chosen = chosenBy(docs.example);
      assert.deepEqual(chosen.problems, []);
      assert.notDeepEqual(chosen[key], chosenBy(needed)[key]);
    });

    it('has an effect: its example changes what becomes of a Service', () => {
      const become = (given: object) =>
        translate(
          service({
            annotations: new Map(Object.entries(given)),
            ports: [servicePort(), servicePort({ name: 'dns', protocol: 'UDP', port: 53 })],
          }),
          [slice([endpoint('10.244.1.1', { nodeName: 'node-a' }), endpoint('10.244.1.2')])],
          place({ nodeWeight: () => 20 }),
        );
      assert.notDeepEqual(become(docs.example), become(needed));
    });

    for (const alias of [name, ...aliases]) {
      it(`is read from ${alias}`, () => {
        const chosen = chosenBy({ ...needed, [alias]: own ?? '' });
        assert.deepEqual(chosen, chosenBy(docs.example));
      });

      it(`leaves the default, and is one problem, where ${alias} cannot be used`, () => {
        const chosen = chosenBy({ ...needed, [alias]: unusable });
        assert.deepEqual({ ...chosen, problems: [] }, chosenBy(needed));
        const [problem, ...others] = chosen.problems;
        assert.deepEqual(others, []);
        assert.ok(problem);
        assert.equal(problem.object, 'Service default/web');
        assert.equal(problem.field, `metadata.annotations[${alias}]`);
        assert.equal(problem.value, unusable);
        assert.notEqual(problem.allowed, '');
        assert.ok(problem.reason in reasons, problem.reason);
      });

      it(`is in the documentation: ${alias}`, () => {
        assert.ok(annotationsPage().includes(alias));
      });
    }

    it('has its section, values and reasons in the documentation', () => {
      const { title, text, values = new Map<string, string>() } = docs;
      for (const part of [title, text, ...values.keys(), ...Object.keys(reasons)]) {
        assert.ok(annotationsPage().includes(part), part);
      }
    });
  });
}

describe('the annotations', () => {
  it('have names and reasons that differ', () => {
    const all = keys.map((key) => annotations[key]);
    const names = all.flatMap(({ name, aliases }) => [name, ...aliases]);
    const reasons = all.flatMap((annotation) => Object.keys(annotation.reasons));
    assert.equal(new Set(names).size, names.length);
    assert.equal(new Set(reasons).size, reasons.length);
  });
});
