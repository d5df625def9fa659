import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { repository } from '../../support/deployed.ts';
import {
  anchorsOf,
  markdownLinks,
  markdownPages,
  type MarkdownLink,
} from '../../support/markdown.ts';

const pages = markdownPages();
const links = pages.flatMap(markdownLinks);
const isExternal = ({ target }: MarkdownLink): boolean => /^[a-z]+:/i.test(target);

describe('links of the docs', () => {
  it('are looked for in all pages', () => {
    for (const path of ['README.md', 'CONTRIBUTING.md', 'docs/README.md']) {
      assert.ok(pages.some((page) => page.path === path));
    }
    assert.ok(links.length > 60);
  });

  for (const { path } of pages) {
    it(`${path}: lead to files and headings that are there`, () => {
      const own = links.filter((link) => link.path === path && !isExternal(link));
      assert.deepEqual(
        own.map(mistakeOf).filter((mistake) => mistake !== undefined),
        [],
      );
    });
  }

  // What stands behind them may be away for an hour, which is no fault of a change.
  it('to other hosts are https and have a host', () => {
    assert.deepEqual(
      links.filter(
        (link) => isExternal(link) && !/^https:\/\/[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(link.target),
      ),
      [],
    );
  });

  it('lead from the index to every page', () => {
    const named = new Set(links.filter(({ path }) => path === 'docs/README.md').map(fileOf));
    assert.deepEqual(
      pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !named.has(path)),
      ['docs/README.md'],
    );
  });
});

describe('anchorsOf', () => {
  it('makes anchors as hosts of repositories do', () => {
    const text =
      '# Is `this` it?\n## A b: `C`\n## A b: `C`\n```\n# no heading\n```\n### [x](y.md) z\n';
    assert.deepEqual([...anchorsOf(text)], ['is-this-it', 'a-b-c', 'a-b-c-1', 'x-z']);
  });
});

/** The file that a link leads to, from the root of the repository. */
function fileOf({ path, target }: MarkdownLink): string {
  const [file = ''] = target.split('#');
  return file === '' ? path : normalize(join(dirname(path), file));
}

function mistakeOf(link: MarkdownLink): string | undefined {
  const { place, target } = link;
  const file = join(repository, fileOf(link));
  const [, anchor] = target.split('#');
  if (target === '' || !existsSync(file)) {
    return `${place}: there is no file ${target}`;
  }
  return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor)
    ? undefined
    : `${place}: there is no heading ${target}`;
}
