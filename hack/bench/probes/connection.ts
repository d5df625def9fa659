import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startArguments } from '../../build/node-options.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { endpointSliceObject, listOf, nodeName, serviceObject } from '../synthetic-cluster.ts';
import { configuration } from './configuration.ts';

/** Where the Service of the synthetic cluster and its endpoint are. */
const [vip, pod, port, podPort] = ['10.96.0.1', '10.128.0.1', 80, 8080];
const [client, outside] = ['10.128.1.1', '192.0.2.1'];
const clusterCIDR = '10.128.0.0/9';

const connections = 1000;
/** What a connection touches first is in no cache yet. */
const warmUp = 100;

/** Core Perl alone: it is on every Debian, and its part of a connection is small. */
const server = `socket S,2,1,6; setsockopt S,1,2,pack('i',1);
  bind S,pack('SnNx8',2,${podPort},0) or die; listen S,4096 or die;
  $|=1; print "ready\n"; while (accept C,S) { close C }`;
/** Resets each connection, so that none is left behind; microseconds of one. */
const connect = `my ($from,$to,$port)=@ARGV; $h=sub { pack 'C4',split /\\./,shift };
  $now=sub { my $t="\\0"x16; syscall 228,1,$t; my ($s,$n)=unpack 'qq',$t; $s*1e6+$n/1e3 };
  $run=sub { for (1..shift) { socket S,2,1,6; setsockopt S,1,13,pack('ii',1,0);
    bind S,pack('Sna4x8',2,0,$h->($from)) or die "bind: $!";
    connect S,pack('Sna4x8',2,$port,$h->($to)) or die "connect: $!"; close S } };
  $run->(${warmUp}); my $a=$now->(); $run->(${connections}); print(($now->()-$a)/${connections});`;

/**
 * What a TCP connection costs through a cluster IP with our rules, without them, and to the Pod itself, in
 * microseconds. The probe's network namespace is the node; client and server have one each.
 */
export async function connection(
  { folder, program }: ProbeInput,
  variant: 'legacy' | 'nft',
): Promise<Reading> {
  const hosts = new Hosts();
  try {
    await hosts.add('pod', [pod]);
    await hosts.add('client', [client, outside]);
    runProgram(folder, program, variant);
    await hosts.serve('pod');
    const time = (from: string, to: string, toPort: number) =>
      hosts.time('client', [from, to, String(toPort)]);
    const reading = {
      'to the Pod itself': time(client, pod, podPort),
      'through a cluster IP': time(client, vip, port),
      'through a cluster IP from outside (masqueraded)': time(outside, vip, port),
    };
    removeRules(variant);
    return { ...reading, 'the same without our rules': time(client, vip, port) };
  } finally {
    await hosts.remove();
  }
}

/** Leaves everything in the kernel as the running program has it. */
function runProgram(folder: string, program: string, iptablesVariant: string): void {
  const manifests = join(folder, 'connection');
  mkdirSync(manifests, { recursive: true });
  const objects = [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } },
    serviceObject(0),
    endpointSliceObject(0, 1),
  ];
  writeFileSync(join(manifests, 'cluster.json'), JSON.stringify(listOf(objects)));
  const config = join(folder, 'connection.json');
  const settings = { ...configuration, clusterCIDR, kubeIpvs: { iptablesVariant } };
  writeFileSync(config, JSON.stringify(settings));
  const args = [...startArguments(program), 'run', '--once', '--manifests', manifests];
  execFileSync(process.execPath, [...args, '--config', config], { stdio: 'ignore' });
}

function removeRules(variant: string): void {
  for (const table of ['filter', 'nat', 'mangle', 'raw']) {
    execFileSync(`iptables-${variant}`, ['-t', table, '-F'], { stdio: 'inherit' });
  }
}

/** Network namespaces behind links to this one. */
class Hosts {
  readonly #processes = new Map<string, ChildProcess>();
  #server: ChildProcess | undefined;

  async add(name: string, addresses: readonly string[]): Promise<void> {
    const host = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec sleep 100000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#processes.set(name, host);
    await once(host.stdout, 'data');
    const gateway = '169.254.1.1';
    ip(`link add to-${name} type veth peer name eth0 netns ${host.pid}`);
    ip(`link set to-${name} up`);
    ip(`address add ${gateway}/32 dev to-${name}`);
    for (const text of ['link set lo up', 'link set eth0 up']) {
      this.#inside(name, text);
    }
    for (const address of addresses) {
      this.#inside(name, `address add ${address}/32 dev eth0`);
      ip(`route add ${address} dev to-${name}`);
    }
    this.#inside(name, `route add ${gateway} dev eth0`);
    this.#inside(name, `route add default via ${gateway}`);
  }

  async serve(name: string): Promise<void> {
    const child = spawn('nsenter', this.#enter(name, ['perl', '-e', server]), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#server = child;
    await once(child.stdout, 'data');
  }

  /** Microseconds of a connection. */
  time(name: string, args: readonly string[]): number {
    const command = this.#enter(name, ['perl', '-e', connect, ...args]);
    return Number(execFileSync('nsenter', command, { encoding: 'utf8' }));
  }

  async remove(): Promise<void> {
    for (const child of [this.#server, ...this.#processes.values()]) {
      if (child?.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
  }

  #inside(name: string, text: string): void {
    execFileSync('nsenter', this.#enter(name, ['ip', ...text.split(' ')]), { stdio: 'inherit' });
  }

  #enter(name: string, command: readonly string[]): string[] {
    return ['--net', '--target', String(this.#processes.get(name)?.pid), ...command];
  }
}

function ip(text: string): void {
  execFileSync('ip', text.split(' '), { stdio: 'inherit' });
}
