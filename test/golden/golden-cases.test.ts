import assert from 'node:assert/strict';
import {
  expectedShape,
  goldenFolder,
  goldenRows,
  loadGoldenCases,
  translateCase,
  waitsFor,
} from '../support/golden.ts';

describe('what kube-proxy makes of a cluster, this program makes of it', () => {
  const cases = loadGoldenCases();
  if (cases === undefined) {
    it('the golden cases', function () {
      console.warn(
        `SKIPPED: there are no golden cases in ${goldenFolder}; set KUBE_IPVS_SHARED to the folder above`,
      );
      this.skip();
    });
    return;
  }

  it('in at least one case', () => {
    assert.ok(cases.some((golden) => waitsFor(golden).length === 0));
  });

  for (const golden of cases) {
    const needs = waitsFor(golden);
    if (needs.length > 0) {
      it(`${golden.name} (waits for: ${needs.join(', ')})`);
      continue;
    }
    it(`${golden.name}: ${golden.about}`, () => {
      assert.deepEqual(translateCase(golden), expectedShape(golden));
    });
  }

  it('and each case has a row in the table of cases', () => {
    const rows = goldenRows(cases);
    assert.deepEqual(
      rows.map(({ name }) => name),
      cases.map(({ name }) => name),
    );
    for (const { name, about, state } of rows) {
      assert.notEqual(about, '', name);
      assert.match(state, /^(holds|waits for: .+)$/, name);
    }
  });
});
