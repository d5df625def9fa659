import assert from 'node:assert/strict';
import { configuration } from '../../../../src/doctor/checks/configuration.ts';
import {
  clusterWith,
  findingsOf,
  kindsFound,
  settingsWith,
  vip,
  wellNode,
} from '../../../support/doctor-readers.ts';

const withFields = (fields: Readonly<Record<string, unknown>>) =>
  kindsFound(configuration, { settings: settingsWith(fields) });
const reading = wellNode().configuration;

describe('doctor: configuration', () => {
  it('is content with a plain one', async () => {
    assert.deepEqual(await kindsFound(configuration), ['ok']);
  });

  it('minds one that cannot be used', async () => {
    const different = { configuration: { ...reading, error: 'ipvs.syncPeriod is "x"' } };
    assert.deepEqual(await kindsFound(configuration, different), ['wrong']);
  });

  it('warns of fields that do not exist, and notes those without effect', async () => {
    const findings = await findingsOf(configuration, {
      configuration: { ...reading, unknown: ['a is no field'], withoutEffect: ['winkernel'] },
    });
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['unknown', 'without-effect'],
    );
  });

  it('minds two servers at one port', async () => {
    const same = { healthzBindAddress: '0.0.0.0:10256', metricsBindAddress: '127.0.0.1:10256' };
    assert.deepEqual(await withFields(same), ['same-port']);
    const apart = { healthzBindAddress: '10.0.0.1:10256', metricsBindAddress: '127.0.0.1:10256' };
    assert.deepEqual(await withFields(apart), ['ok']);
  });

  it('notes metrics that all may read', async () => {
    assert.deepEqual(await withFields({ metricsBindAddress: '0.0.0.0:10249' }), [
      'metrics-for-everybody',
    ]);
  });

  it('notes that Pods cannot be told', async () => {
    assert.deepEqual(await withFields({ clusterCIDR: '' }), ['pods-unknown']);
  });

  it('warns of node ports without an address', async () => {
    assert.deepEqual(await withFields({ nodePortAddresses: ['198.51.100.0/24'] }), [
      'no-node-port-address',
    ]);
    assert.deepEqual(await withFields({ nodePortAddresses: ['192.0.2.0/24'] }), ['ok']);
  });

  it('warns of Services in excluded ranges', async () => {
    const settings = settingsWith({ ipvs: { excludeCIDRs: ['10.96.0.0/16'] } });
    const different = { settings, ...clusterWith({ vips: [vip('10.96.0.10')] }) };
    assert.deepEqual(await kindsFound(configuration, different), ['excluded-vips']);
  });

  it('notes audits that are rare', async () => {
    assert.deepEqual(await withFields({ ipvs: { syncPeriod: '1h' } }), ['rare-audits']);
  });
});
