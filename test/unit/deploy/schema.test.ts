import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configFolder, readObjects } from '../../support/deployed.ts';
import { schemaProblems, typeOfObject } from '../../support/kubernetes-schema.ts';

/** What is for Prometheus is no matter of Kubernetes' schema. */
const manifests = globSync('**/*.yaml', { cwd: configFolder }).filter(
  (file) => !file.endsWith('kustomization.yaml') && !file.startsWith('monitoring/'),
);

describe('schema of the manifests', () => {
  it('there are manifests', () => {
    assert.ok(manifests.length >= 5, manifests.join());
    assert.ok(manifests.includes('rendered/kubeadm.yaml'));
  });

  for (const file of manifests) {
    it(`config/${file} has known fields of the right types alone`, () => {
      const objects = readObjects(readFileSync(join(configFolder, file), 'utf8'));
      assert.deepEqual(
        objects.flatMap((object) => schemaProblems(object, typeOfObject(object), object.kind)),
        [],
      );
    });
  }

  describe('the check itself', () => {
    const problems = (spec: object): readonly string[] => schemaProblems({ spec }, 'V1Pod', 'Pod');

    it('finds a misspelt field deep inside', () => {
      assert.deepEqual(problems({ containers: [{ name: 'a', securitycontext: {} }] }), [
        'Pod.spec.containers[0].securitycontext: there is no such field',
      ]);
    });

    it('finds a number where a text must be, and a text where a number must be', () => {
      assert.deepEqual(
        problems({ hostname: 5, terminationGracePeriodSeconds: '5', nodeSelector: { a: 1 } }),
        [
          'Pod.spec.hostname: is 5, no string',
          'Pod.spec.terminationGracePeriodSeconds: is "5", no number',
          'Pod.spec.nodeSelector.a: is 1, no string',
        ],
      );
    });

    it('finds a mapping where a list must be, and a list where a mapping must be', () => {
      assert.deepEqual(problems({ volumes: {}, securityContext: [] }), [
        'Pod.spec.volumes: is no list',
        'Pod.spec.securityContext: is no V1PodSecurityContext',
      ]);
    });
  });
});
