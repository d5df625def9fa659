import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { service } from '../support/cluster-objects.ts';
import { SyntheticNode } from '../support/synthetic-node.ts';

const executablePath = process.env['KUBE_IPVS_CHROMIUM'] ?? '/usr/bin/chromium';
const services = 10_000;

describe('the status page in a browser', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let node: SyntheticNode;
  let server: Awaited<ReturnType<SyntheticNode['serve']>> | undefined;
  let page: Page;
  /** What the browser complained of. */
  const complaints: string[] = [];

  before(async function () {
    if (!existsSync(executablePath)) {
      console.error(`SKIPPED: there is no browser at ${executablePath} (Debian package chromium)`);
      this.skip();
    }
    node = new SyntheticNode(services);
    server = await node.serve();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    server?.stop();
  });

  beforeEach(async () => {
    complaints.length = 0;
    page = await browser!.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL('/', server!.url).href)) {
        complaints.push(`asks for ${request.url()}`);
      }
    });
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(complaints, []);
  });

  async function open(hash = ''): Promise<void> {
    await page.goto(`${server!.url}${hash}`);
    await page.waitForSelector('#services .card');
  }

  /** Opens the page and types what is searched for; returns the title over what was found. */
  async function search(text: string): Promise<string | null> {
    await open();
    await page.keyboard.press('/');
    await page.keyboard.type(text);
    await page.waitForFunction(
      () => document.querySelector('#services-title')?.textContent !== 'Services (10,000)',
    );
    return title();
  }

  const cards = () => page.locator('#services .card');
  const keyOf = (index: number) => cards().nth(index).locator('.name').textContent();
  const title = () => page.locator('#services-title').textContent();

  it('shows problems first, and then a page of the Services', async () => {
    await open();
    assert.equal(await page.locator('#problems li').count(), 5);
    assert.match(
      (await page.locator('#problems li').first().textContent()) ?? '',
      /EPERM.*NET_ADMIN/s,
    );
    assert.equal(await title(), 'Services (10,000)');
    assert.equal(await cards().count(), 50);
    const tops = await page.evaluate(() =>
      ['problems', 'services'].map(
        (id) => document.getElementById(id)!.getBoundingClientRect().top,
      ),
    );
    assert.ok(tops[0]! < tops[1]!);
  });

  it('names the packet filter in its head, and why it is that one where somebody points at it', async () => {
    await open();
    const head = page.locator('#node');
    assert.match((await head.textContent()) ?? '', /, packet filter nftables$/);
    assert.equal(
      await head.getAttribute('title'),
      'packet filter nftables: the kernel has what it needs',
    );
  });

  it('finds Services as somebody types, and keeps that over a reload', async () => {
    const found = await search('payments/api-');
    assert.match((await keyOf(0)) ?? '', /^payments\/api-/);
    await page.reload();
    await page.waitForSelector('#services .card');
    assert.equal(await title(), found);
    assert.equal(await page.locator('#q').inputValue(), 'payments/api-');
  });

  it('leads to the Services from its first key on, and keeps the search', async () => {
    const found = await search('payments/api-');
    await page.locator('#skip').press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'services');
    await page.reload();
    await page.waitForSelector('#services .card');
    assert.equal(await title(), found);
  });

  it('goes through the pages by keys, to the last one', async () => {
    await open();
    const first = await keyOf(0);
    await page.keyboard.press('n');
    await page.waitForFunction(
      (key) => document.querySelector('#services .name')?.textContent !== key,
      first,
    );
    await page.getByRole('button', { name: 'Last page of Services' }).click();
    await page.waitForFunction(() => location.hash === '#offset=9950');
    await page.waitForFunction(
      () => document.querySelector('#pages .hint')?.textContent === '9,951–10,000 of 10,000',
    );
    await page.keyboard.press('p');
    await page.waitForFunction(() => location.hash === '#offset=9900');
  });

  it('opens a Service by keys, with Pods, nodes, states and charts', async () => {
    await open('#q=default%2Fweb-0');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const details = cards().first().locator('.details');
    await details.locator('td', { hasText: 'web-0-6d5f9c7b8-xxxx0' }).waitFor();
    const text = (await details.textContent()) ?? '';
    assert.match(text, /draining for 2m10s/);
    assert.match(text, /node-a \(here\)/);
    assert.match(await page.evaluate(() => location.hash), /open=default%2Fweb-0/);
    await page.waitForFunction(
      () => (document.querySelector('svg.spark path.line')?.getAttribute('d') ?? '').length > 10,
      undefined,
      { timeout: 15_000 },
    );
    // What is shown anew keeps the focus where it was.
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'default/web-0');
  });

  it('says which real servers are ejected, full, or start slowly', async () => {
    const keys = ['shop/web-4', 'shop/api-9', 'payments/api-8'];
    for (const [index, expected] of [
      [0, /1 ejected.*ejected for 12s, 18s left.*does not answer new connections/s],
      [1, /full.*all its 5 real servers have as many connections as they may.*full, 15 of 15/s],
      [2, /5 active.*slow start: weight 3 of 10/s],
    ] as const) {
      const key = encodeURIComponent(keys[index] ?? '');
      await page.goto('about:blank');
      await open(`#q=${key}&open=${key}`);
      await cards().first().locator('.details td').first().waitFor();
      assert.match((await cards().first().textContent()) ?? '', expected);
    }
  });

  it('keeps each real server on one line, but for what is said of its state', async () => {
    await open('#q=shop%2Fweb-4&open=shop%2Fweb-4');
    const cells = cards().first().locator('.details tbody td:not(:has(.why)):not(:has(svg))');
    await cells.first().waitFor();
    const heights = await cells.evaluateAll((all) =>
      all.map((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getBoundingClientRect().height;
      }),
    );
    assert.ok(heights.length > 20);
    assert.ok(Math.max(...heights) < 30, String(Math.max(...heights)));
  });

  it('explains a Service, a click away', async () => {
    await open('#q=default%2Fweb-0');
    await page.getByRole('button', { name: 'explain default/web-0', exact: true }).click();
    await page.locator('#explain li', { hasText: 'cluster IP' }).first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#explain').isVisible(), false);
  });

  it('names port ranges with their addresses, on the line of a Service and in its details', async () => {
    const annotations = new Map([['kube-ipvs.io/port-ranges', '10000-20000/UDP']]);
    const calls = service({ namespace: 'a', name: 'calls', annotations });
    node.store.setService(calls);
    node.translate();
    try {
      await open('#q=a%2Fcalls');
      const ranges = '10.96.0.1:10000-20000/UDP';
      const line = (await cards().first().locator('.addresses').textContent()) ?? '';
      assert.ok(line.includes(ranges), line);
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await cards().first().locator('.details .mono', { hasText: ranges }).waitFor();
      await cards().first().locator('.details .hint', { hasText: 'port ranges' }).waitFor();
    } finally {
      node.store.deleteService('a/calls');
      node.translate();
    }
  });

  it('shows whatever Services and annotations are named as text', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const annotations = new Map([['kube-ipvs.io/scheduler', '"><script>alert(2)</script>']]);
    const bad = service({ namespace: 'a', name, annotations });
    node.store.setService(bad);
    node.translate();
    try {
      await open('#q=onerror');
      assert.equal(await keyOf(0), `a/${name}`);
      assert.equal(await page.locator('#services img').count(), 0);
      await page.waitForFunction(() =>
        document.querySelector('#problems')?.textContent.includes('<script>alert(2)'),
      );
      assert.equal(await page.locator('script').count(), 1);
    } finally {
      node.store.deleteService(`a/${name}`);
      node.translate();
    }
  });

  it('says when the daemon no longer answers, and goes on showing what it knew', async () => {
    await open();
    await page.route('**/status/api/**', (route) => route.abort());
    await page.locator('#live', { hasText: 'no answer' }).waitFor({ timeout: 10_000 });
    assert.equal(await cards().count(), 50);
    // The browser reports each question that was not answered.
    complaints.length = 0;
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has contrast enough to be read, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      await open();
      const contrasts = await page.evaluate(contrastsOfPage);
      assert.ok(contrasts.length > 10);
      assert.deepEqual(
        contrasts.filter(({ ratio }) => ratio < 4.5),
        [],
      );
    });
  }
});

/** In the browser: the contrast of texts to what is behind them, as WCAG 2 reckons it. */
function contrastsOfPage(): readonly { readonly text: string; readonly ratio: number }[] {
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element: Element): string => {
    for (let each: Element | null = element; each !== null; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      if (channels(backgroundColor)[3] !== 0) {
        return backgroundColor;
      }
    }
    return 'rgb(255, 255, 255)';
  };
  const chosen = [
    '.badge',
    '.name',
    '.addresses',
    '.hint',
    '.live',
    '#problems li',
    '.advice',
    '.figures',
    'button:enabled',
  ];
  return chosen
    .flatMap((selector) => [...document.querySelectorAll(selector)].slice(0, 20))
    .map((element) => {
      const [one, other] = [
        luminance(getComputedStyle(element).color),
        luminance(groundOf(element)),
      ];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return { text: `${element.className} ${element.textContent.slice(0, 20)}`, ratio };
    });
}
