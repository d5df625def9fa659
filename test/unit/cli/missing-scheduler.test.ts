import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceWith } from '../../support/cli-clusters.ts';
import { TestFolder } from '../../support/cli-folder.ts';
import { parseLog, type LogLine } from '../../support/cli-log.ts';
import { parseIpvsadm, type ShownVirtualServer } from '../../support/ipvsadm.ts';
import { environmentOfBundle } from '../../support/program-bundle.ts';

const repo = join(import.meta.dirname, '../../..');
const bootLimit = 120_000;

const wishes = { fine: 'wlc', lacking: 'mh', unknown: 'fastest' } as const;
const services = Object.entries(wishes).flatMap(([name, scheduler], index) =>
  serviceWith(name, `10.96.0.${index + 1}`, ['10.244.1.1'], {
    annotations: { 'kube-ipvs.io/scheduler': scheduler },
  }),
);

/** $1: the folder for results, $2: manifests, $3: a configuration with `scheduler: mh`. */
const script = `
  once() { # NAME OPTION...
    local name=$1
    shift
    ipvsadm -C
    node "$KUBE_IPVS_TEST_PROGRAM" run --once --log-format json "$@" 2>"$results/$name.log"
    echo $? >"$results/$name.status"
    ipvsadm -Sn >"$results/$name.table"
  }
  results=$1
  once annotated --manifests "$2"
  once configured --manifests "$2" --config "$3"
  ipvsadm -C
  node "$KUBE_IPVS_TEST_PROGRAM" run --log-format json --manifests "$2" 2>"$results/run.log" &
  for _ in $(seq 300); do
    [ "$(ipvsadm -Sn | grep -c -e ^-a)" = 3 ] && break
    sleep 0.1
  done
  ipvsadm -Sn >"$results/run.table"
  kill $!
  wait $!
  echo $? >"$results/run.status"`;

interface Result {
  readonly status: number;
  readonly log: readonly LogLine[];
  readonly schedulers: Readonly<Record<string, string>>;
  readonly table: readonly ShownVirtualServer[];
}

describe('in a kernel without the scheduler mh', function () {
  this.timeout(bootLimit);
  this.slow(bootLimit);
  let folder: TestFolder;
  const results = new Map<string, Result>();

  before(async () => {
    folder = new TestFolder();
    folder.write('cluster.json', services);
    const kept = join(folder.manifests, '..', 'kept');
    mkdirSync(kept);
    const config = folder.config({ ipvs: { scheduler: 'mh' } });
    const runner = join(repo, 'hack/in-test-kernel');
    const options = ['--without', 'ip_vs_mh', '--write', kept, '--'];
    const command = ['bash', '-c', script, 'bash', kept, folder.manifests, config];
    const { status, stderr } = spawnSync(runner, [...options, ...command], {
      encoding: 'utf8',
      timeout: bootLimit,
      cwd: repo,
      env: await environmentOfBundle(),
    });
    assert.equal(status, 0, stderr);
    const read = (file: string) => readFileSync(join(kept, file), 'utf8');
    for (const name of ['annotated', 'configured', 'run']) {
      const table = parseIpvsadm(read(`${name}.table`));
      results.set(name, {
        status: Number(read(`${name}.status`)),
        log: parseLog(read(`${name}.log`)),
        schedulers: Object.fromEntries(table.map(({ address, scheduler }) => [address, scheduler])),
        table,
      });
    }
  });
  after(() => {
    folder.delete();
  });

  function resultOf(name: string): Result {
    const result = results.get(name);
    assert.ok(result);
    return result;
  }

  for (const [how, name] of [
    ['run --once', 'annotated'],
    ['run', 'run'],
  ] as const) {
    it(`${how} gives the Service that chose it the default, and the others their own`, () => {
      const { status, schedulers, table } = resultOf(name);
      assert.equal(status, 0);
      assert.deepEqual(schedulers, {
        '10.96.0.1:80': 'wlc',
        '10.96.0.2:80': 'rr',
        '10.96.0.3:80': 'rr',
      });
      for (const { realServers } of table) {
        assert.deepEqual(realServers, [{ address: '10.244.1.1:8080', method: 'masq', weight: 1 }]);
      }
    });

    it(`${how} says once what is missing, and at which Service`, () => {
      const told = resultOf(name).log.filter(({ object }) => object === 'Service default/lacking');
      assert.deepEqual(
        told.map(({ field, value }) => ({ field, value })),
        [{ field: 'metadata.annotations[kube-ipvs.io/scheduler]', value: 'mh' }],
      );
      assert.match(told[0]?.msg ?? '', /the kernel .* has no such scheduler \(module ip_vs_mh\)/);
      assert.match(told[0]?.msg ?? '', /runs with rr/);
    });
  }

  it('and is the configured one, Services that choose none get rr, and it is said once', () => {
    const { status, log, schedulers } = resultOf('configured');
    assert.equal(status, 0);
    assert.deepEqual(schedulers, {
      '10.96.0.1:80': 'wlc',
      '10.96.0.2:80': 'rr',
      '10.96.0.3:80': 'rr',
    });
    const told = log.filter(({ msg }) => msg.includes('scheduler mh'));
    assert.equal(told.length, 1, log.map(({ msg }) => msg).join('\n'));
  });
});
