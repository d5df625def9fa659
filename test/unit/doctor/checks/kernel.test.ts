import assert from 'node:assert/strict';
import type { ModuleState } from '../../../../src/doctor/readers.ts';
import { kernel } from '../../../../src/doctor/checks/kernel.ts';
import {
  filesWith,
  kindsFound,
  link,
  modulesBut,
  network,
} from '../../../support/doctor-readers.ts';

describe('doctor: kernel', () => {
  it('is content with IPVS that is loaded', async () => {
    assert.deepEqual(await kindsFound(kernel, modulesBut({ ip_vs: 'unknown' })), ['ok']);
  });

  it('tells IPVS that can be loaded from one that is missing', async () => {
    const notLoaded = filesWith({});
    const kinds = (state: ModuleState) =>
      kindsFound(kernel, { ...notLoaded, ...modulesBut({ ip_vs: state }) });
    assert.deepEqual(await kinds('missing'), ['no-ipvs']);
    assert.deepEqual(await kinds('blocked'), ['ipvs-blocked']);
    assert.deepEqual(await kinds('loadable'), ['ipvs-not-loaded']);
    assert.deepEqual(await kinds('unknown'), ['ipvs-not-told']);
    assert.deepEqual(await kinds('present'), ['ok']);
  });

  it('wants a kernel that keeps the mark of addresses', async () => {
    const kinds = (release: string) => kindsFound(kernel, { machine: { release, cores: 2 } });
    assert.deepEqual(await kinds('4.15.0-213-generic'), ['too-old']);
    assert.deepEqual(await kinds('4.18.0-553.el8.x86_64'), ['ok']);
    assert.deepEqual(await kinds('5.4.0'), ['ok']);
  });

  it('wants dummy links, unless the link is there', async () => {
    const noDummy = modulesBut({ dummy: 'missing' });
    assert.deepEqual(await kindsFound(kernel, noDummy), ['no-dummy-links']);
    const there = network([link(3, 'kube-ipvs0', 'dummy')], []);
    assert.deepEqual(await kindsFound(kernel, { ...noDummy, ...there }), ['ok']);
  });
});
