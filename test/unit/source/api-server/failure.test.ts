import assert from 'node:assert/strict';
import { parseService } from '../../../../src/cluster/parse-service.ts';
import { describeFailure, isOfRequest } from '../../../../src/source/api-server/failure.ts';
import { services } from '../../../../src/source/api-server/resource.ts';
import { rawService } from '../../../support/manifests.ts';

describe('problems of requests', () => {
  it('are told from those of objects, which alone count as refused', () => {
    assert.ok(isOfRequest(describeFailure(new Error('aborted'), 'watch', services)));
    const { problems } = parseService(
      rawService('web', { ports: [{ name: '', protocol: 'TCP', port: 70_000 }] }),
    );
    assert.ok(problems.length > 0);
    assert.deepEqual(problems.filter(isOfRequest), []);
  });
});
