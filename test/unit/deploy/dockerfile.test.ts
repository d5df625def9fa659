import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeOptions, startArguments } from '../../../hack/build/node-options.ts';
import {
  parseDockerfile,
  runCommands,
  variables,
  type Stage,
} from '../../../hack/image/dockerfile.ts';
import { repository } from '../../support/deployed.ts';

const stages = parseDockerfile(readFileSync(join(repository, 'Dockerfile'), 'utf8'));
const last = stages.at(-1)!;
const named = (name: string): Stage | undefined => stages.find((stage) => stage.name === name);
const values = (stage: Stage, name: string): readonly string[] =>
  stage.instructions.filter((instruction) => instruction.name === name).map(({ value }) => value);

describe('Dockerfile', () => {
  it('has a stage that builds, one that has Node.js, and one that runs', () => {
    assert.deepEqual(
      stages.map(({ name }) => name),
      ['build', 'node', undefined],
    );
  });

  it('pins every base image by an exact version', () => {
    for (const { image } of stages) {
      assert.match(image, /^(node:\d+\.\d+\.\d+-[a-z]+-slim|debian:\d+\.\d+-slim)$/);
    }
  });

  it('has the version of Node.js that the tests run with', () => {
    // Of package.json this reads one field.
    const { devDependencies } = JSON.parse(
      readFileSync(join(repository, 'package.json'), 'utf8'),
    ) as { devDependencies: Record<string, string> };
    for (const name of ['build', 'node']) {
      assert.equal(/^node:([\d.]+)-/.exec(named(name)?.image ?? '')?.[1], devDependencies['node']);
    }
  });

  it('has one release of Debian in all stages', () => {
    const releases: Readonly<Record<string, string>> = { trixie: '13' };
    const ofNode = /-([a-z]+)-slim$/.exec(named('node')?.image ?? '')?.[1] ?? '';
    assert.match(last.image, new RegExp(`^debian:${String(releases[ofNode])}\\.`));
  });

  it("builds on the builder's architecture and takes Node.js of the image's", () => {
    assert.deepEqual(named('build')?.flags, { platform: '$BUILDPLATFORM' });
    assert.deepEqual(named('node')?.flags, {});
    assert.deepEqual(last.flags, {});
  });

  it('installs the npm packages of the lock file and no others', () => {
    const npm = runCommands(named('build')!).flatMap((command) => command.match(/npm \S+/g) ?? []);
    assert.deepEqual(npm, ['npm ci', 'npm run']);
  });

  it('has a .dockerignore that lets nothing through but files that are there', () => {
    const lines = readFileSync(join(repository, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(lines[0], '*');
    for (const line of lines.slice(1)) {
      assert.match(line, /^!/);
      assert.ok(existsSync(join(repository, line.slice(1))), line);
    }
  });
});

describe('last stage of the Dockerfile', () => {
  const copies = last.instructions.filter(({ name }) => name === 'COPY');

  it('copies Node.js and the built program, as files of root, and no sources', () => {
    assert.deepEqual(
      copies.map(({ flags, value }) => [flags['from'], flags['chown'], value]),
      [
        ['node', '0:0', '/usr/local/bin/node /usr/local/bin/node'],
        ['build', '0:0', '/build/dist /opt/kube-ipvs'],
      ],
    );
  });

  it('gets the program with no file that anybody may write', () => {
    assert.match(runCommands(named('build')!).join('\n'), /chmod -R a=rX dist\b/);
  });

  it('installs both variants of iptables, ip and modprobe, and neither compiler nor npm', () => {
    const [command = ''] = runCommands(last);
    const packages = /--no-install-recommends ([^&]*?) *&&/.exec(command)?.[1]?.split(' ');
    assert.deepEqual(packages, ['iptables', 'iproute2', 'kmod', 'libstdc++6']);
    assert.doesNotMatch(runCommands(last).join('\n'), /\b(npm|npx|gcc|g\+\+|make|curl|wget)\b/);
  });

  it('fails to build where a variant of iptables is missing', () => {
    const [command = ''] = runCommands(last);
    for (const variant of ['legacy', 'nft']) {
      assert.match(command, new RegExp(`&& iptables-${variant} --version`));
      assert.match(command, new RegExp(`&& ip6tables-${variant}-restore --version`));
    }
  });

  it('leaves no package lists behind', () => {
    assert.match(runCommands(last)[0] ?? '', /rm -rf \/var\/lib\/apt\/lists/);
  });

  it('runs as root, whose capabilities the DaemonSet takes away', () => {
    assert.deepEqual(values(last, 'USER'), ['0:0']);
  });

  it('has what Node.js compiles of the program in a folder that it is told of', () => {
    const folder = '/opt/kube-ipvs/compile-cache';
    assert.ok(variables(last).includes(`NODE_COMPILE_CACHE=${folder}`));
    const names = last.instructions.map(({ name, value }) => `${name} ${value}`);
    const set = names.indexOf(`ENV NODE_COMPILE_CACHE=${folder}`);
    // Where it is filled by root, as which it runs, the variable is set already.
    const fill =
      'kube-ipvs --version' +
      ` && find /opt/kube-ipvs/packages -name "*.js" -exec node ${nodeOptions.join(' ')} {} ";"`;
    assert.ok(names.indexOf(`RUN ${fill} && chmod -R a=rX ${folder}`) > set);
  });

  it('starts the program itself, so that signals reach it', () => {
    assert.deepEqual(values(last, 'ENTRYPOINT').map(parseList), [
      ['/usr/local/bin/node', ...startArguments('/opt/kube-ipvs/kube-ipvs.js')],
    ]);
    assert.equal(values(last, 'CMD').map(parseList)[0]?.[0], 'run');
  });
});

describe('parseDockerfile', () => {
  it('joins continued lines and leaves comments out', () => {
    const [stage] = parseDockerfile('# a\nFROM x:1 AS y\nRUN a \\\n  # b\n  && c\nUSER 1\n');
    assert.equal(stage?.name, 'y');
    assert.deepEqual(stage.instructions, [
      { name: 'RUN', flags: {}, value: 'a && c' },
      { name: 'USER', flags: {}, value: '1' },
    ]);
  });
});

function parseList(value: string): readonly string[] {
  // The exec form is a list of texts; anything else throws or fails the comparison.
  return JSON.parse(value) as readonly string[];
}
