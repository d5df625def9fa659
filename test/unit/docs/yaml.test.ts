import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { formatProblem } from '../../../src/base/problem.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import { settingsFromText } from '../../../src/config/load-settings.ts';
import { repository } from '../../support/deployed.ts';
import { affinityAcrossPorts } from '../../../src/translate/annotations/affinity-across-ports.ts';
import { fencedBlocks, markdownPages } from '../../support/markdown.ts';
import { nodeAt, onePod, translate } from '../../support/translation.ts';

type Raw = Readonly<Record<string, unknown>>;

const blocks = markdownPages()
  .flatMap(fencedBlocks)
  .filter(({ language }) => language === 'yaml')
  .map(({ place, text }) => ({ place, text, object: parsed(place, text) }));
const configurations = blocks.filter(({ object }) => object['kind'] === 'KubeProxyConfiguration');
const annotated = blocks.filter(({ object }) => 'annotations' in metadataOf(object));

describe('YAML of the docs', () => {
  it('is looked for in all pages', () => {
    assert.ok(configurations.length > 0);
    assert.ok(annotated.length > 3);
  });

  for (const { place, text } of [
    ...configurations,
    { place: 'docs/examples/config.yaml', text: fileText('docs/examples/config.yaml') },
  ]) {
    it(`${place}: a configuration without a mistake`, () => {
      const withoutEffect: string[] = [];
      const unknown: string[] = [];
      settingsFromText(
        text,
        { config: place, nodeName: 'node-a' },
        {
          withoutEffect: (names) => withoutEffect.push(...names),
          unknown: (message) => unknown.push(message),
        },
      );
      assert.deepEqual({ withoutEffect, unknown }, { withoutEffect: [], unknown: [] });
    });
  }

  for (const { place, object } of annotated) {
    it(`${place}: annotations that a Service can have`, () => {
      const { value, problems } = parseService(asService(object));
      assert.deepEqual(problems.map(formatProblem), []);
      assert.ok(value !== undefined && value.annotations.size > 0, 'has annotations of ours');
      const translation = translate(value, onePod, { ...nodeAt, markOf: () => 5 });
      assert.deepEqual(translation.problems, []);
      assert.ok(translation.virtualServers.length > 0);
    });
  }
});

/** A block holds one document, which is a map. */
function parsed(place: string, text: string): Raw {
  const [document, ...others] = parseAllDocuments(text);
  assert.ok(document !== undefined && others.length === 0, place);
  assert.deepEqual(document.errors, [], place);
  const object: unknown = document.toJS();
  assert.ok(typeof object === 'object' && object !== null && !Array.isArray(object), place);
  return object as Raw; // no array, no null
}

function metadataOf(object: Raw): Raw {
  return recordIn(object, 'metadata');
}

function recordIn(object: Raw, field: string): Raw {
  const value = object[field];
  return typeof value === 'object' && value !== null ? (value as Raw) : {}; // no null
}

/** A page may show the annotations alone, and leaves out what the cluster fills in. */
function asService(object: Raw): Raw {
  const metadata = metadataOf(object);
  const spec = { ports: [{ port: 80 }], ...specFor(metadata), ...recordIn(object, 'spec') };
  return {
    ...{ apiVersion: 'v1', kind: 'Service', ...object },
    spec: { clusterIPs: ['10.96.0.1'], ...spec },
    metadata: { namespace: 'default', name: 'web', ...metadata },
  };
}

/** Affinity across ports is nothing without affinity, and with other target ports. */
function specFor(metadata: Raw): Raw {
  return affinityAcrossPorts.name in recordIn(metadata, 'annotations')
    ? { sessionAffinity: 'ClientIP', ports: [{ port: 8080 }] }
    : {};
}

function fileText(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}
