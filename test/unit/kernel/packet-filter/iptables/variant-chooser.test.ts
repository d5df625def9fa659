import assert from 'node:assert/strict';
import {
  Iptables,
  IptablesError,
  type IptablesFailure,
} from '../../../../../src/kernel/packet-filter/iptables/iptables.ts';
import { VariantChooser } from '../../../../../src/kernel/packet-filter/iptables/variant-chooser.ts';
import { ImpossibleError } from '../../../../../src/reconcile/foundation.ts';

describe('where neither variant of iptables works', () => {
  /** Why, as the caller hears it. */
  async function reasonOf(failure: IptablesFailure, hasRight: boolean): Promise<unknown> {
    const run = (): Promise<string> =>
      Promise.reject(new IptablesError("unable to initialize table 'nat'", failure));
    const chooser = new VariantChooser(
      'auto',
      (family, variant) => new Iptables(family, variant, run),
      () => undefined,
      undefined,
      undefined,
      () => Promise.resolve(hasRight),
    );
    return chooser.variant().catch((error: unknown) => error);
  }

  it('it is a matter of the right, where that is missing: iptables says something else', async () => {
    const error = await reasonOf('refused', false);
    assert.ok(error instanceof ImpossibleError);
    assert.equal(error.lack, 'right');
    assert.match(error.message, /it needs the capability NET_RAW/);
  });

  it('it is one of the kernel, where the right is there', async () => {
    const error = await reasonOf('refused', true);
    assert.ok(error instanceof ImpossibleError);
    assert.equal(error.lack, 'module');
    assert.doesNotMatch(error.message, /NET_RAW/);
  });

  it('it may pass where a program is missing', async () => {
    const error = await reasonOf('missing', true);
    assert.ok(error instanceof IptablesError);
    assert.equal(error.failure, 'missing');
  });
});
