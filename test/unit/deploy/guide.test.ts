import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseDaemonSet, programOf, repository } from '../../support/deployed.ts';

const guide = readFileSync(join(repository, 'docs/deploying.md'), 'utf8');
const pod = baseDaemonSet.spec.template.spec;

describe('docs/deploying.md', () => {
  it('names the image of the DaemonSet', () => {
    const tags = [...guide.matchAll(/kube-ipvs:[\d.]+\d/g)].map(([tag]) => tag);
    assert.deepEqual([...new Set(tags)], [programOf(pod).image]);
  });

  it('gives a reason for every capability and every path of the node', () => {
    const { add } = programOf(pod).securityContext.capabilities;
    const paths = pod.volumes.flatMap(({ hostPath }) => (hostPath ? [hostPath.path] : []));
    for (const right of [...add, ...paths]) {
      assert.match(guide, new RegExp(`^\\|.*\`${right}\``, 'm'));
    }
  });

  it('says what the DaemonSet requests', () => {
    const { cpu, memory } = programOf(pod).resources['requests'] as Record<string, string>;
    assert.ok(guide.includes(`requests ${String(memory)} and ${String(cpu)}`));
  });
});
