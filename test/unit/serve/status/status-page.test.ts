import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TextAnswer, Asked } from '../../../../src/serve/http/http-endpoint.ts';
import { pageFileNames, readPageFiles } from '../../../../src/serve/status/page-files.ts';
import { StatusPage, type StatusPageOptions } from '../../../../src/serve/status/status-page.ts';
import { ip, service } from '../../../support/cluster-objects.ts';
import { ShownWorld } from '../../../support/shown.ts';

const pageFolder = join(import.meta.dirname, '../../../../src/serve/status/page');

function asked(query = '', fields: Partial<Asked> = {}): Asked {
  return {
    query: new URLSearchParams(query),
    host: '127.0.0.1:10249',
    localAddress: '127.0.0.1',
    ...fields,
  };
}

function pageOf(world: ShownWorld, options: Partial<StatusPageOptions> = {}): StatusPage {
  return new StatusPage({
    inspector: world.inspector,
    readers: 'loopback',
    nodeName: 'node-a',
    explain: (key) => (key === 'default/web' ? { steps: [{ text: 'because' }] } : undefined),
    ...options,
  });
}

/** The answer to a question that is the page's. */
async function answerOf(page: StatusPage, path: string, question = asked()): Promise<TextAnswer> {
  const answer = await page.answer(path, question);
  assert.ok(answer !== undefined, path);
  return answer;
}

describe('the status page', () => {
  let world: ShownWorld;
  let page: StatusPage;
  beforeEach(() => {
    world = new ShownWorld();
    ['a', 'b', 'web'].forEach((name, index) => {
      world.store.setService(service({ name, clusterIPs: [ip(`10.96.0.${index + 1}`)] }));
    });
    world.programAll();
    page = pageOf(world);
  });

  it('leaves other paths to others', async () => {
    for (const path of ['/metrics', '/proxyMode', '/statuses', '']) {
      assert.equal(await page.answer(path, asked()), undefined);
    }
  });

  it('is linked from the root', async () => {
    const { status, body } = await answerOf(page, '/');
    assert.equal(status, 200);
    assert.match(body, /href="\/status"/);
  });

  it('has all its files, and no others', async () => {
    const files = readPageFiles();
    assert.deepEqual(
      readdirSync(pageFolder)
        .filter((name) => name !== 'tsconfig.json')
        .toSorted(),
      pageFileNames.toSorted(),
    );
    for (const name of pageFileNames) {
      const answer = await answerOf(page, name === 'index.html' ? '/status' : `/status/${name}`);
      assert.deepEqual([answer.status, answer.body], [200, files.get(name)]);
      assert.match(answer.headers['Content-Type'] ?? '', /html|css|javascript|svg/);
    }
    for (const path of ['/status/../package.json', '/status/tsconfig.json', '/status/__proto__']) {
      assert.equal((await answerOf(page, path)).status, 404);
    }
  });

  it('needs nothing from elsewhere, and lets nothing from elsewhere run', () => {
    for (const [name, text] of readPageFiles()) {
      const withoutNames = text.replaceAll('http://www.w3.org/2000/svg', '');
      assert.doesNotMatch(withoutNames, /https?:\/\//, name);
      assert.doesNotMatch(
        text,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
        name,
      );
      assert.doesNotMatch(text, /<script>|<style>| style=| on\w+="/, name);
    }
  });

  it('protects itself in each answer', async () => {
    const answers = await Promise.all([
      answerOf(page, '/'),
      answerOf(page, '/status'),
      answerOf(page, '/status/api/summary'),
      answerOf(page, '/status/api/nothing'),
      answerOf(page, '/status/api/services', asked('limit=x')),
      answerOf(page, '/status', asked('', { host: 'evil.example' })),
    ]);
    for (const { headers } of answers) {
      assert.match(
        headers['Content-Security-Policy'] ?? '',
        /^default-src 'none'; script-src 'self'/,
      );
      assert.match(headers['Content-Security-Policy'] ?? '', /frame-ancestors 'none'/);
      assert.doesNotMatch(headers['Content-Security-Policy'] ?? '', /unsafe|\*/);
      assert.equal(headers['X-Content-Type-Options'], 'nosniff');
      assert.equal(headers['Cache-Control'], 'no-store');
      assert.equal(headers['Access-Control-Allow-Origin'], undefined);
    }
  });

  describe('is read', () => {
    const hosts: readonly (readonly [string | undefined, number])[] = [
      ['127.0.0.1:10249', 200],
      ['10.0.0.7', 200],
      ['[::1]:10249', 200],
      ['localhost:10249', 200],
      ['LOCALHOST', 200],
      ['node-a:10249', 200],
      ['evil.example', 403],
      ['127.0.0.1.evil.example', 403],
      ['localhost.evil.example:10249', 403],
      ['node-a.evil.example', 403],
      ['[evil]', 403],
      ['', 403],
      [undefined, 403],
    ];
    for (const [host, status] of hosts) {
      it(`by the name ${host ?? 'that is missing'}: ${status}`, async () => {
        assert.equal((await answerOf(page, '/status', asked('', { host }))).status, status);
        const api = await answerOf(page, '/status/api/summary', asked('', { host }));
        assert.equal(api.status, status);
      });
    }

    const locals: readonly (readonly [string | undefined, number])[] = [
      ['127.0.0.1', 200],
      ['127.9.9.9', 200],
      ['::1', 200],
      ['::ffff:127.0.0.1', 200],
      ['192.0.2.10', 403],
      ['::ffff:192.0.2.10', 403],
      [undefined, 403],
    ];
    for (const [localAddress, status] of locals) {
      it(`at ${localAddress ?? 'nowhere'}: ${status}`, async () => {
        const answer = await answerOf(page, '/status/api/summary', asked('', { localAddress }));
        assert.equal(answer.status, status);
      });
    }

    it('at other addresses where the configuration admits whoever may read the metrics', async () => {
      const open = pageOf(world, { readers: 'metricsAddress' });
      const from = { localAddress: '192.0.2.10' };
      assert.equal((await answerOf(open, '/status', asked('', from))).status, 200);
      const rebound = asked('', { ...from, host: 'evil.example' });
      assert.equal((await answerOf(open, '/status', rebound)).status, 403);
    });
  });

  describe('answers as JSON', () => {
    const json = async (path: string, query = ''): Promise<unknown> => {
      const { status, headers, body } = await answerOf(page, `/status/api/${path}`, asked(query));
      assert.equal(status, 200, body);
      assert.equal(headers['Content-Type'], 'application/json');
      return JSON.parse(body);
    };

    it('pages of Services', async () => {
      const { services, ...where } = (await json('services', 'offset=1&limit=1')) as {
        services: { key: string }[];
      };
      assert.deepEqual(where, { total: 3, offset: 1 });
      assert.deepEqual(
        services.map(({ key }) => key),
        ['default/b'],
      );
      assert.deepEqual(world.reads, [1]);
    });

    it('what was searched for', async () => {
      const found = (await json('services', 'q=web')) as { total: number };
      assert.equal(found.total, 1);
    });

    it('one Service, problems, strays and a summary', async () => {
      assert.equal(
        ((await json('service', 'service=default/web')) as { name: string }).name,
        'web',
      );
      assert.deepEqual(await json('problems'), { total: 0, offset: 0, problems: [] });
      assert.deepEqual(await json('strays'), { total: 0, offset: 0, virtualServers: [] });
      assert.equal(((await json('summary')) as { node: string }).node, 'node-a');
    });

    it('why a Service becomes what it does', async () => {
      const steps = [{ text: 'because' }];
      assert.deepEqual(await json('explain', 'service=default/web'), { steps });
    });
  });

  it('says what is wrong with a question', async () => {
    const statusOf = async (path: string, query = '') =>
      (await answerOf(page, `/status/api/${path}`, asked(query))).status;
    assert.equal(await statusOf('services', 'offset=-1'), 400);
    assert.equal(await statusOf('services', 'address=web'), 400);
    assert.equal(await statusOf('service', 'service=default/none'), 404);
    assert.equal(await statusOf('explain', 'service=default/none'), 404);
    assert.equal(await statusOf('constructor'), 404);
  });

  it('says that the kernel cannot be read', async () => {
    const { inspector } = world;
    const broken = pageOf(world, {
      inspector: {
        services: () => Promise.reject(new Error('EPERM')),
        service: (key) => inspector.service(key),
        strays: (filter, request) => inspector.strays(filter, request),
        problems: (filter, request) => inspector.problems(filter, request),
        summary: () => inspector.summary(),
      },
    });
    const { status, body } = await answerOf(broken, '/status/api/services');
    assert.deepEqual([status, body], [503, 'the kernel could not be read: EPERM\n']);
  });

  it('does not hear everybody at a time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => answerOf(page, '/status/api/services')),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses].toSorted(), [200, 503]);
    assert.equal((await answerOf(page, '/status/api/services')).status, 200);
  });
});
