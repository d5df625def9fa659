import assert from 'node:assert/strict';
import { settingsChange } from '../../../src/config/settings-change.ts';
import { settings } from './configuration.ts';

const change = (before: string, after: string): unknown =>
  settingsChange(settings(before), settings(after));

describe('a change of the configuration', () => {
  it('is none where other words mean the same', () => {
    assert.deepEqual(
      change(
        'ipvs: { syncPeriod: 60s, scheduler: rr }\nclusterCIDR: 10.244.0.0/16',
        'ipvs: { syncPeriod: 1m }\nclusterCIDR: 10.244.7.7/16\nmode: ipvs\nportRange: x',
      ),
      { kind: 'none' },
    );
  });

  it('is live where all fields can be', () => {
    assert.deepEqual(change('', 'ipvs: { scheduler: lc }\noomScoreAdj: 5'), {
      kind: 'live',
      fields: ['oomScoreAdj', 'ipvs.scheduler'],
    });
  });

  it('is a restart where one field needs it', () => {
    assert.deepEqual(change('', 'ipvs: { scheduler: lc }\nmetricsBindAddress: 0.0.0.0'), {
      kind: 'restart',
      fields: ['metricsBindAddress', 'ipvs.scheduler'],
    });
  });

  it('says nothing of a range that another mode does not look at', () => {
    assert.deepEqual(
      change('detectLocalMode: NodeCIDR', 'detectLocalMode: NodeCIDR\nclusterCIDR: 10.0.0.0/8'),
      { kind: 'none' },
    );
  });
});
