import assert from 'node:assert/strict';
import {
  expectedOf,
  goldenFolder,
  goldenRows,
  loadGoldenCases,
  translateCase,
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

  it('in many cases', () => {
    assert.ok(cases.length >= 22);
  });

  for (const golden of cases) {
    it(`${golden.name}: ${golden.about}`, () => {
      assert.deepEqual(translateCase(golden), expectedOf(golden));
    });
  }

  it('with the answers at health-check node ports', () => {
    assert.ok(cases.some(({ expected }) => expected.healthCheckNodePorts !== undefined));
  });

  it('and each case has a row in the table of cases', () => {
    assert.deepEqual(
      goldenRows(cases),
      cases.map(({ name, about }) => ({ name, about, state: 'holds' })),
    );
  });
});
