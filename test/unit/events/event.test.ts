import assert from 'node:assert/strict';
import { eventOf } from '../../../src/events/event.ts';
import { serviceProblem } from '../../../src/translate/service-problem.ts';
import { service } from '../../support/cluster-objects.ts';

function event(value: string) {
  return eventOf(
    serviceProblem(service({ uid: 'b4a7' }), 'UnknownScheduler', {
      field: 'metadata.annotations[kube-ipvs.io/scheduler]',
      value,
      allowed: 'allowed are rr, lc',
    }),
  );
}

describe('the Event for a problem of a Service', () => {
  it('is in the namespace of the Service, about it, with the reason and one sentence', () => {
    assert.deepEqual(event('best'), {
      namespace: 'default',
      service: { name: 'web', uid: 'b4a7' },
      reason: 'UnknownScheduler',
      note: 'Service default/web: metadata.annotations[kube-ipvs.io/scheduler] is "best"; allowed are rr, lc',
    });
  });

  it('is never longer than the API server takes, in bytes', () => {
    for (const character of ['a', 'é', '€', '😀']) {
      for (const extra of ['', 'b', 'bc', 'bcd']) {
        const problem = serviceProblem(service(), 'EndpointRefused', {
          field: 'endpoints',
          value: 'x',
          allowed: extra + character.repeat(2000),
        });
        const { note } = eventOf(problem);
        assert.ok(Buffer.byteLength(note) <= 1024, `${Buffer.byteLength(note)} bytes`);
        assert.ok(Buffer.byteLength(note) > 900);
      }
    }
  });
});
