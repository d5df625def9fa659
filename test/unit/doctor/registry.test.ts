import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checks } from '../../../src/doctor/registry.ts';
import { runChecks } from '../../../src/doctor/run-checks.ts';
import { wellNode } from '../../support/doctor-readers.ts';

const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');

describe('the checks of the doctor', () => {
  it('have different names, each with its kinds of findings', () => {
    const names = checks.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, kinds } of checks) {
      assert.notEqual(kinds.length, 0, name);
    }
  });

  it('find nothing wrong with a node that is well', async () => {
    const reports = await runChecks(checks, wellNode());
    assert.deepEqual(
      reports.filter(({ severity }) => severity !== 'ok'),
      [],
    );
  });

  for (const { name, title, kinds } of checks) {
    describe(name, () => {
      it('is documented with all that it may find', () => {
        const [, section = ''] = page.split(`### ${title}: \`${name}\``);
        const own = section.split('\n### ')[0] ?? '';
        for (const { id, severity } of kinds) {
          assert.match(own, new RegExp(`^- \`${id}\`, ${severity}: `, 'm'));
        }
      });

      it('has each of its kinds of findings in its test', () => {
        const file = new URL(`checks/${name}.test.ts`, import.meta.url);
        const text = readFileSync(file, 'utf8');
        assert.deepEqual(
          kinds.filter(({ id }) => !text.includes(`'${id}'`)).map(({ id }) => id),
          [],
        );
      });

      it('says what an error or a warning means, in sentences', () => {
        for (const { id, means } of kinds) {
          assert.match(means, /^.{20,}\.$/, id);
        }
      });
    });
  }
});
