import assert from 'node:assert/strict';
import { schedulers } from '../../../../src/doctor/checks/schedulers.ts';
import {
  clusterWith,
  findingsOf,
  kindsFound,
  modulesBut,
  schedulerModules,
  settingsWith,
} from '../../../support/doctor-readers.ts';

describe('doctor: schedulers', () => {
  it('is content where all can be loaded', async () => {
    const loadable = modulesBut(schedulerModules('loadable'));
    assert.deepEqual(await kindsFound(schedulers, loadable), ['ok']);
  });

  it('minds one that a Service wants, and says which Service', async () => {
    const [finding] = await findingsOf(schedulers, {
      ...modulesBut({ ip_vs_mh: 'missing' }),
      ...clusterWith({ schedulers: new Map([['mh', 'shop/cart']]) }),
    });
    assert.equal(finding?.kind, 'wanted-missing');
    assert.match(finding.seen, /ip_vs_mh.*Service shop\/cart/);
  });

  it('minds the one of the configuration', async () => {
    const settings = settingsWith({ ipvs: { scheduler: 'lc' } });
    const [finding] = await findingsOf(schedulers, {
      ...modulesBut({ ip_vs_lc: 'missing' }),
      settings,
    });
    assert.equal(finding?.kind, 'wanted-missing');
    assert.match(finding.seen, /the configuration/);
  });

  it('calls it an error where the last resort is missing', async () => {
    const [finding] = await findingsOf(schedulers, modulesBut({ ip_vs_rr: 'missing' }));
    assert.equal(finding?.kind, 'default-missing');
    assert.equal(finding.severity, 'error');
  });

  it('only notes what nobody wants', async () => {
    const some = modulesBut({ ip_vs_twos: 'missing', ip_vs_fo: 'missing' });
    const [finding] = await findingsOf(schedulers, some);
    assert.equal(finding?.kind, 'others-missing');
    assert.match(finding.seen, /fo, twos/);
  });

  it('says that it cannot tell where modules are not to be seen, or IPVS is missing', async () => {
    for (const seen of [
      schedulerModules('unknown'),
      { ip_vs: 'missing', ...schedulerModules('missing') },
    ] as const) {
      assert.deepEqual(await kindsFound(schedulers, modulesBut(seen)), ['not-told']);
    }
  });

  it('calls it an error where IPVS is there and no scheduler at all', async () => {
    const [finding] = await findingsOf(schedulers, modulesBut(schedulerModules('missing')));
    assert.equal(finding?.kind, 'default-missing');
  });
});
