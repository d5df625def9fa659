import assert from 'node:assert/strict';
import { describeDecision } from '../../../src/translate/describe-decision.ts';
import { endpoint, ip, service, slice } from '../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

describe('the decisions about a Service', () => {
  function world(): TranslatorWorld {
    const it = new TranslatorWorld();
    const shared = { externalIPs: [ip('192.0.2.11')] };
    it.store.setService(service({ ...shared, createdAt: 1 }));
    it.store.setService(
      service({ ...shared, name: 'younger', createdAt: 2, clusterIPs: [ip('10.96.0.2')] }),
    );
    it.store.setSlice(slice([endpoint('10.244.0.7')]));
    it.translate();
    return it;
  }

  it('are those that its rows came from', () => {
    const lines = world().translator.decisionsOf('default/web')?.map(describeDecision) ?? [];
    assert.ok(lines.some((line) => line.includes('10.244.0.7')));
  });

  it('say which older Service holds a front end', () => {
    const lines = world().translator.decisionsOf('default/younger')?.map(describeDecision) ?? [];
    assert.ok(lines.some((line) => line.includes('192.0.2.11') && line.includes('default/web')));
  });

  it('change nothing', () => {
    const it = world();
    it.translator.decisionsOf('default/younger');
    assert.equal(it.translator.hasWork, false);
    assert.deepEqual(it.translate(), []);
  });

  it('are none where there is no such Service', () => {
    assert.equal(world().translator.decisionsOf('default/nobody'), undefined);
  });
});
