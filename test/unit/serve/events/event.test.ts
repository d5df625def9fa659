import assert from 'node:assert/strict';
import { serviceEvent, nodeEvent } from '../../../../src/serve/events/event.ts';
import { eventBody, namespaceOf } from '../../../../src/serve/events/event-body.ts';
import { serviceProblem } from '../../../../src/translate/service-problem.ts';
import { service } from '../../../support/cluster-objects.ts';

const now = new Date('2026-01-02T03:04:05.678Z');

function eventAbout(uid: string, allowed = 'allowed are rr, lc') {
  return serviceEvent(
    serviceProblem(service({ namespace: 'shop', uid }), 'UnknownScheduler', {
      field: 'metadata.annotations[kube-ipvs.io/scheduler]',
      value: 'best',
      allowed,
    }),
  );
}

describe('the Event for a problem of a Service', () => {
  it('is in the namespace of the Service, about it, with the reason and one sentence', () => {
    assert.deepEqual(eventBody(eventAbout('b4a7'), 'node-a', now), {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { generateName: 'kube-ipvs-', namespace: 'shop' },
      eventTime: '2026-01-02T03:04:05.678000Z',
      reportingController: 'kube-ipvs',
      reportingInstance: 'node-a',
      action: 'Program',
      type: 'Warning',
      reason: 'UnknownScheduler',
      note: 'Service shop/web: metadata.annotations[kube-ipvs.io/scheduler] is "best"; allowed are rr, lc',
      regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', uid: 'b4a7' },
    });
  });

  it('names no UID where none is known', () => {
    const { regarding } = eventBody(eventAbout(''), 'node-a', now) as { regarding: object };
    assert.ok(!('uid' in regarding));
  });

  it('is never longer than the API server takes, in bytes', () => {
    for (const character of ['a', 'é', '€', '😀']) {
      for (const extra of ['', 'b', 'bc', 'bcd']) {
        const event = eventAbout('', extra + character.repeat(2000));
        const { note } = eventBody(event, 'node-a', now) as { note: string };
        assert.ok(Buffer.byteLength(note) <= 1024, `${Buffer.byteLength(note)} bytes`);
        assert.ok(Buffer.byteLength(note) > 900);
      }
    }
  });

  it('names no more of a long node name than the API server takes as the reporter', () => {
    const name = 'n'.repeat(253);
    const { reportingInstance } = eventBody(eventAbout(''), name, now) as {
      reportingInstance: string;
    };
    assert.equal(reportingInstance.length, 128);
  });
});

describe('the Event for the Node', () => {
  const event = nodeEvent('node-a', 'KernelIncomplete', 'masquerade IPv4: no match set');

  it('is in the namespace default, which the API server wants of what has no namespace', () => {
    assert.equal(namespaceOf(event), 'default');
  });

  it("has the Node's name as its UID, by which `kubectl describe node` finds it", () => {
    const { regarding, reason, note } = eventBody(event, 'node-a', now) as Record<string, unknown>;
    assert.deepEqual(
      { regarding, reason, note },
      {
        regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'node-a' },
        reason: 'KernelIncomplete',
        note: 'masquerade IPv4: no match set',
      },
    );
  });

  it('warns, unless it tells of something that went well', () => {
    const event = nodeEvent('node-a', 'KubeProxyRemoved', 'removed 3 objects');
    const typeOf = (type: object) => {
      const body = eventBody({ ...event, ...type }, 'node-a', new Date(0));
      return 'type' in body ? body.type : undefined;
    };
    assert.equal(typeOf({}), 'Warning');
    assert.equal(typeOf({ type: 'Normal' }), 'Normal');
  });
});
