import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { join } from 'node:path';
import { serviceWith } from '../../support/cli-clusters.ts';
import { parseLog } from '../../support/cli-log.ts';
import { environmentOfBundle } from '../../support/program-bundle.ts';

const root = join(import.meta.dirname, '../../..');
const bootLimitMs = 120_000;

const apiServerPort = 8001;

/** Takes what it is sent, and keeps it: a line for each request. */
const apiServer = `
  const { appendFileSync } = require('node:fs');
  require('node:http').createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece)).on('end', () => {
      appendFileSync('/tmp/requests', request.url + ' ' + body + '\\n');
      response.writeHead(201).end('{}');
    });
  }).listen(${apiServerPort}, '127.0.0.1')`;

const kubeconfig = JSON.stringify({
  'current-context': 'c',
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  clusters: [
    {
      name: 'c',
      cluster: {
        server: `http://127.0.0.1:${apiServerPort}`,
        'insecure-skip-tls-verify': true,
      },
    },
  ],
  users: [{ name: 'u', user: {} }],
});

const toApiServer = 'run --kubeconfig /tmp/kubeconfig --node-name node-a';

/** All commands in one boot; each leaves its exit code and its outputs in lines of their own. */
const script = `
mkdir /tmp/manifests
printf '%s' "$1" >/tmp/manifests/web.json
printf '%s' "$2" >/tmp/kubeconfig
node -e "$3" &
for command in 'run --once --manifests /tmp/manifests' 'run --manifests /tmp/manifests' \\
  'cleanup' 'show' 'plan -o json --manifests /tmp/manifests' '${toApiServer}'; do
  echo "== $command"
  node "$KUBE_IPVS_TEST_PROGRAM" $command 2>/tmp/log
  echo "== $?"
  cat /tmp/log
done
echo '== requests'
cat /tmp/requests
echo '== 0'`;

describe('in a kernel without IPVS', function () {
  this.timeout(bootLimitMs);
  this.slow(bootLimitMs);
  let boot: SpawnSyncReturns<string>;
  let results: ReadonlyMap<string, { code: number; output: string; log: string }>;

  before(async () => {
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: serviceWith('web', '10.96.0.1', ['10.244.1.1']),
    });
    const command = ['bash', '-c', script, 'bash', manifest, kubeconfig, apiServer];
    boot = spawnSync(join(root, 'hack/in-test-kernel'), ['--no-ip-vs', '--', ...command], {
      cwd: root,
      env: await environmentOfBundle(),
      encoding: 'utf8',
      timeout: bootLimitMs,
    });
    const parts = boot.stdout.split(/^== (.*)\n/m).slice(1);
    results = new Map(
      Array.from({ length: parts.length / 4 }, (_, index) => {
        const [command = '', output = '', code = '', log = ''] = parts.slice(4 * index);
        return [command, { output, code: Number(code), log }];
      }),
    );
  });

  for (const command of [
    'run --once --manifests /tmp/manifests',
    'run --manifests /tmp/manifests',
    'cleanup',
    'show',
  ]) {
    it(`'${command}' exits with 3 and one line that says what to do`, () => {
      const result = results.get(command);
      assert.ok(result, boot.stderr);
      assert.equal(result.code, 3);
      assert.equal(result.output, '');
      const [line, ...more] = parseLog(result.log).filter(({ level }) => level !== 'info');
      assert.deepEqual(more, []);
      assert.match(
        line?.msg ?? '',
        /^the kernel has no IPVS: load the module with "modprobe ip_vs"/,
      );
    });
  }

  it('the Node is told so by one Event', () => {
    assert.equal(results.get(toApiServer)?.code, 3);
    const result = results.get('requests');
    assert.ok(result, boot.stderr);
    const requests = result.output.split('\n');
    const [request = '', ...more] = requests.filter((line) => line.includes('/events '));
    assert.deepEqual(more, []);
    assert.match(request, /^\/apis\/events\.k8s\.io\/v1\/namespaces\/default\/events \{/);
    // What the server keeps is the URL and the body.
    const event = JSON.parse(request.replace(/^\S+ /, '')) as Record<string, unknown>;
    assert.equal(event['reason'], 'IpvsUnavailable');
    assert.deepEqual(event['regarding'], {
      apiVersion: 'v1',
      kind: 'Node',
      name: 'node-a',
      uid: 'node-a',
    });
  });

  it('plan shows what would be, and leaves the difference out', () => {
    const result = results.get('plan -o json --manifests /tmp/manifests');
    assert.ok(result, boot.stderr);
    assert.equal(result.code, 0);
    // The documented form of the output.
    const plan = JSON.parse(result.output) as { virtualServers: unknown[]; difference: unknown };
    assert.equal(plan.virtualServers.length, 1);
    assert.equal(plan.difference, null);
    assert.match(
      parseLog(result.log)[0]?.msg ?? '',
      /^the kernel could not be read, so the plan leaves out what would change in it: /,
    );
  });
});
