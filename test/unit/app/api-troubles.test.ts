import assert from 'node:assert/strict';
import { ApiTroubles } from '../../../src/app/api-troubles.ts';
import { NodeTroubles } from '../../../src/inspect/node-troubles.ts';
import { describeFailure } from '../../../src/source/api-server/failure.ts';
import { noObserver } from '../../../src/source/api-server/reflector-observer.ts';
import { endpointSlices, services } from '../../../src/source/api-server/resource.ts';
import { UnreachableError } from '../../../src/source/api-server/transport.ts';

describe('troubles with the API server', () => {
  it('last from what an operator is told to the next answer, for each resource', () => {
    const troubles = new NodeTroubles(() => 0);
    const api = new ApiTroubles(troubles);
    const observer = api.observing(noObserver);
    const texts = () => troubles.all().map(({ text }) => text);
    for (const resource of [services, endpointSlices]) {
      api.told(describeFailure(new UnreachableError('no route'), 'list', resource));
      observer.failed(resource, 'list', 'unreachable', 1000);
      observer.failed(resource, 'list', 'unreachable', 1000);
    }
    assert.deepEqual(texts(), [
      'cannot list services: no route',
      'cannot list endpointslices in API group discovery.k8s.io: no route',
    ]);
    observer.recovered(services);
    assert.equal(texts().length, 1);
  });

  it('are none where a failure was not worth telling, or is one of an object', () => {
    const troubles = new NodeTroubles(() => 0);
    const api = new ApiTroubles(troubles);
    const observer = api.observing(noObserver);
    observer.failed(services, 'watch', 'expired', 0);
    api.told({ object: 'Service default/web', field: 'spec', value: 1, allowed: 'no' });
    observer.failed(services, 'watch', 'expired', 0);
    assert.deepEqual(troubles.all(), []);
  });
});
