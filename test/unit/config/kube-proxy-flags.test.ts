import assert from 'node:assert/strict';
import { CommanderError } from 'commander';
import { fieldFlags, flagsWithoutEffect, portFlags } from '../../../src/config/kube-proxy-flags.ts';
import { fieldAt } from '../../../src/config/schema.ts';
import { parseFlags } from '../../fixtures/config/samples.ts';
import { errorsOf, nothingSaid, settings } from './configuration.ts';
import type { Settings } from '../../../src/config/load-settings.ts';

/** Settings of a command line, and of a file where one is given. */
function withFlags(flags: readonly string[], yaml = ''): Settings {
  return settings(yaml, { flags: parseFlags(flags) });
}

describe('the flags of kube-proxy', () => {
  it('set fields that exist', () => {
    for (const { field } of [...fieldFlags, ...portFlags]) {
      assert.ok(fieldAt.has(field), field);
    }
  });

  it('have each name once', () => {
    const names = [...fieldFlags, ...portFlags, ...flagsWithoutEffect].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  it('are understood with a blank and with an equals sign', () => {
    for (const flags of [
      ['--oom-score-adj=-5', '--ipvs-scheduler=lc'],
      ['--oom-score-adj', '-5', '--ipvs-scheduler', 'lc'],
    ]) {
      const { oomScoreAdj, translation } = withFlags(flags);
      assert.deepEqual([oomScoreAdj, translation.scheduler], [-5, 'lc']);
    }
  });

  it('go before the file', () => {
    const yaml = 'hostnameOverride: node-a\nclientConnection: { kubeconfig: /file }';
    const { nodeName, kubeconfig } = withFlags(
      ['--hostname-override=Node-B', '--kubeconfig=/flag'],
      yaml,
    );
    assert.deepEqual({ nodeName, kubeconfig }, { nodeName: 'node-b', kubeconfig: '/flag' });
  });

  it('say nothing with an empty name of the Node, and less than --node-name', () => {
    assert.equal(withFlags(['--hostname-override='], 'hostnameOverride: a').nodeName, 'a');
    assert.equal(withFlags(['--hostname-override=a', '--node-name=b']).nodeName, 'b');
  });

  it('are true without a value', () => {
    for (const flag of ['--masquerade-all', '--masquerade-all=true', '--masquerade-all=1']) {
      assert.equal(withFlags([flag, '--v=2']).kernel.chains.masqueradeAll, true, flag);
    }
    const { kernel } = withFlags(['--masquerade-all=false'], 'iptables: { masqueradeAll: true }');
    assert.equal(kernel.chains.masqueradeAll, false);
  });

  it('hold lists with commas, and again', () => {
    const { excludeCIDRs } = withFlags([
      '--ipvs-exclude-cidrs=192.0.2.0/25,192.0.2.128/25',
      '--ipvs-exclude-cidrs=2001:db8::/32',
    ]);
    assert.deepEqual(excludeCIDRs.map(String), ['192.0.2.0/25', '192.0.2.128/25', '2001:db8::/32']);
  });

  it('let a file of another mode be shared', () => {
    assert.equal(errorsOf(() => withFlags([], 'mode: iptables')).length, 1);
    assert.deepEqual(
      errorsOf(() => withFlags(['--proxy-mode=ipvs'], 'mode: iptables')),
      [],
    );
    assert.match(
      errorsOf(() => withFlags(['--proxy-mode=iptables'], 'mode: ipvs')).join(),
      /^command line: --proxy-mode is "iptables"; must be "" or "ipvs"/,
    );
  });

  it('turn servers off', () => {
    const empty = withFlags(['--healthz-bind-address=', '--metrics-bind-address=']);
    const zero = withFlags(['--healthz-port=0', '--metrics-port=0'], 'metricsBindAddress: "::"');
    for (const { healthzBindAddress, metricsBindAddress } of [empty, zero]) {
      assert.deepEqual([healthzBindAddress, metricsBindAddress], [undefined, undefined]);
    }
  });

  it('have the API server of --master', () => {
    assert.equal(withFlags(['--master=https://192.0.2.1']).apiServer, 'https://192.0.2.1');
    assert.equal(withFlags([]).apiServer, undefined);
  });

  it('are named where they are wrong, all at once', () => {
    assert.deepEqual(
      errorsOf(() =>
        withFlags(
          ['--oom-score-adj=x', '--masquerade-all=maybe', '--cluster-cidr=10.0.0.1'],
          'clusterCIDR: 7',
        ),
      ).toSorted(),
      [
        'command line: --cluster-cidr is "10.0.0.1"; must be a CIDR such as 10.244.0.0/16, or one of each family with a comma between',
        'command line: --masquerade-all is "maybe"; must be true or false',
        'command line: --oom-score-adj is "x"; must be a whole number from -1000 to 1000',
      ],
    );
  });

  for (const { name, kind } of flagsWithoutEffect) {
    it(`take --${name}, and name it`, () => {
      const said = nothingSaid();
      const flags = parseFlags(kind === 'truth' ? [`--${name}`] : [`--${name}`, 'value']);
      settings('', { flags, said });
      assert.deepEqual(said.withoutEffect, [`--${name}`]);
    });
  }

  it('take a port other than 0, and name it', () => {
    const said = nothingSaid();
    settings('', { flags: parseFlags(['--healthz-port=10256']), said });
    assert.deepEqual(said.withoutEffect, ['--healthz-port']);
  });

  it('are not flags that kube-proxy never had', () => {
    assert.throws(() => parseFlags(['--no-such-flag=1']), CommanderError);
  });
});

describe('the log level', () => {
  const levelOf = (...flags: string[]): unknown => {
    const { logLevel, logLevelGiven } = parseFlags(flags) as {
      // The options of the command line have these two besides.
      logLevel?: unknown;
      logLevelGiven?: unknown;
    };
    return [logLevel, logLevelGiven];
  };

  for (const [verbosity, level] of [
    ['0', 'info'],
    ['2', 'info'],
    ['3', 'info'],
    ['4', 'debug'],
    ['5', 'debug'],
    ['6', 'trace'],
    ['10', 'trace'],
  ] as const) {
    it(`is ${level} with --v=${verbosity}`, () => {
      assert.deepEqual(levelOf(`--v=${verbosity}`), [level, true]);
      assert.deepEqual(levelOf('-v', verbosity), [level, true]);
      assert.deepEqual(levelOf(`-v=${verbosity}`), [level, true]);
    });
  }

  it('is that of --log-level before that of --v', () => {
    assert.deepEqual(levelOf('--v=9', '--log-level=warn'), ['warn', true]);
  });

  it('is left to the file where the command line says none', () => {
    assert.deepEqual(levelOf(), ['info', undefined]);
    assert.equal(settings('logging: { verbosity: 5 }').logLevel, 'debug');
  });

  for (const verbosity of ['-1', 'x', '', '1.5']) {
    it(`is not chosen by --v=${verbosity}`, () => {
      assert.throws(() => levelOf(`--v=${verbosity}`), CommanderError);
    });
  }
});
