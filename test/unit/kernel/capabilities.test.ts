import assert from 'node:assert/strict';
import { effectiveCapabilities } from '../../../src/kernel/capabilities.ts';
import { hasCapability } from '../../../src/kernel/own-capabilities.ts';

describe('the capabilities of a process', () => {
  for (const [bits, expected] of [
    ['000001ffffffffff', ['NET_ADMIN', 'NET_RAW', 'SYS_RESOURCE']],
    ['0000000000003000', ['NET_ADMIN', 'NET_RAW']],
    ['0000000000001000', ['NET_ADMIN']],
    ['0000000000000000', []],
  ] as const) {
    it(`are those of the line CapEff: ${bits}`, () => {
      const status = `Name:\tnode\nCapPrm:\t0000000000000000\nCapEff:\t${bits}\nCapBnd:\t0\n`;
      assert.deepEqual([...(effectiveCapabilities(status) ?? [])], expected);
    });
  }

  it('are not known where there is no such line', () => {
    assert.equal(effectiveCapabilities('Name:\tnode\n'), undefined);
  });

  it('are read of this process', async () => {
    assert.equal(await hasCapability('NET_RAW'), process.getuid?.() === 0);
  });
});
