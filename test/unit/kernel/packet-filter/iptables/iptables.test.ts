import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Iptables,
  runProgram,
  type IptablesError,
} from '../../../../../src/kernel/packet-filter/iptables/iptables.ts';
import { FakeIptables } from '../../../../support/fake-iptables.ts';

describe('the programs of iptables', () => {
  for (const [family, variant, program] of [
    ['IPv4', 'legacy', 'iptables-legacy'],
    ['IPv6', 'legacy', 'ip6tables-legacy'],
    ['IPv4', 'nft', 'iptables-nft'],
    ['IPv6', 'nft', 'ip6tables-nft'],
  ] as const) {
    it(`are those of ${program}, which change nothing that they are not told`, async () => {
      const { run, calls } = new FakeIptables();
      const iptables = new Iptables(family, variant, run);
      await iptables.save();
      await iptables.restore('*nat\nCOMMIT\n');
      assert.deepEqual(calls, [
        { program: `${program}-save`, args: [], input: '' },
        {
          program: `${program}-restore`,
          args: ['--noflush', '-w', '10'],
          input: '*nat\nCOMMIT\n',
        },
      ]);
    });
  }
});

describe('running a program', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kube-ipvs-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function script(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  }

  it('answers what it prints, and takes no argument for a command', async () => {
    const path = await script('print', 'printf "%s|" "$@"; cat');
    assert.equal(
      await runProgram(path, ['a b', '$(id)', ';'], 'the input'),
      'a b|$(id)|;|the input',
    );
  });

  it('says so where it is missing', async () => {
    await assert.rejects(runProgram(join(folder, 'nothing'), [], 'x'), {
      name: 'IptablesError',
      failure: 'missing',
      message: `the program ${join(folder, 'nothing')} is missing`,
    });
  });

  it('fails with what it said', async () => {
    const path = await script('refuse', 'echo "line 3 failed" >&2; exit 2');
    await assert.rejects(runProgram(path, [], ''), {
      failure: 'refused',
      message: `${path}: line 3 failed`,
    });
  });

  it('fails with its status where it said nothing', async () => {
    const path = await script('silent', 'exit 3');
    await assert.rejects(runProgram(path, [], ''), (error: IptablesError) => {
      assert.equal(error.failure, 'refused');
      assert.match(error.message, /Command failed/);
      return true;
    });
  });

  it('is told from a refusal while somebody else holds the lock', async () => {
    const path = await script(
      'locked',
      'echo "Another app is currently holding the xtables lock; waited 10s" >&2; exit 4',
    );
    await assert.rejects(runProgram(path, [], ''), { failure: 'busy' });
  });

  it('does not fail because the program reads nothing of a large input', async () => {
    const path = await script('deaf', 'exit 0');
    assert.equal(await runProgram(path, [], 'x'.repeat(1 << 20)), '');
  });
});
