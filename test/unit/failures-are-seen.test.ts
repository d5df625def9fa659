import assert from 'node:assert/strict';
import { checks } from '../../src/doctor/registry.ts';
import { wellNode } from '../support/doctor-readers.ts';
import { FailingNode } from '../support/failing-node.ts';
import { failureRows } from '../support/failure-rows.ts';
import { valueIn } from '../support/scraped.ts';
import { closing } from '../support/taken-port.ts';
import { until } from '../support/until.ts';

describe('a failure is shown, counted, and found by the doctor, with what to do about it', () => {
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });

  for (const [reason, row] of Object.entries(failureRows)) {
    it(reason, async () => {
      const { options = {}, advice, metric, doctor } = row;
      const node = await FailingNode.start(
        typeof options === 'function' ? await options() : options,
      );
      closing.push(() => node.stop());
      await row.then?.(node);
      const shown = async () => (await node.shown()).find((each) => each.reason === reason);
      await until(`${reason} is shown`, async () => (await shown()) !== undefined);
      assert.match((await shown())?.advice ?? '', advice);

      const [series, value] = metric;
      assert.equal(valueIn(await node.scrape(), series), value, series);

      const [checkName, kind, remedy] = doctor;
      const check = checks.find(({ name }) => name === checkName);
      const readers = wellNode({ ...node.readers, ...row.readers });
      const finding = (await check?.run(readers))?.find((each) => each.kind === kind);
      assert.match(`${finding?.means ?? ''} ${finding?.command ?? ''}`, remedy);
    });
  }
});
