import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Core Perl alone: it is on every Debian, and its part of a connection is small. */
const tcpServer = `socket S,2,1,6; setsockopt S,1,2,pack('i',1);
  bind S,$ARGV[0] or die; listen S,4096 or die;
  print "ready\\n"; while (accept C,S) { close C }`;
/** Sends each datagram back. */
const udpServer = `socket S,2,2,17; bind S,$ARGV[0] or die;
  print "ready\\n"; while (defined($from=recv S,$_,64,0)) { send S,$_,0,$from }`;
const server = (port: number, text: string): string =>
  `$|=1; @ARGV=(pack 'SnNx8',2,${port},0); ${text}`;

/**
 * Microseconds of one connection from an address to another, with ports of its own each. TCP is connected and reset,
 * so that nothing is left behind; over UDP some questions are asked, one after the other's answer. It is the median of
 * some batches: what the kernel does in between by its own clock falls into one of them.
 */
const client = `($from,$to,$port,$questions,$own,$count,$batches,$warm)=@ARGV;
  $address=sub { pack 'SnC4x8',2,$_[1],split /\\./,$_[0] };
  $now=sub { my $t="\\0"x16; syscall 228,1,$t; my ($s,$n)=unpack 'qq',$t; $s*1e6+$n/1e3 };
  $target=$address->($to,$port);
  $run=sub { for (1..shift) {
    if ($questions) { socket S,2,2,17 } else { socket S,2,1,6; setsockopt S,1,13,pack('ii',1,0) }
    bind S,$address->($from,$own++) or die "bind: $!"; connect S,$target or die "connect: $!";
    for (1..$questions) { send S,'?',0; defined recv S,$_,64,0 or die "recv: $!" } close S } };
  $run->($warm);
  for (1..$batches) { $begin=$now->(); $run->($count); push @times,($now->()-$begin)/$count }
  print((sort {$a<=>$b} @times)[$batches/2]);`;

const batches = 15;
const inBatch = 20;
const connections = batches * inBatch;
/** What a connection touches first is in no cache yet. */
const warmUp = 50;

/** Where a connection comes from and goes to; over UDP with so many questions. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly questions?: number;
}

/** Network namespaces behind links to this one. */
export class Hosts {
  readonly #processes = new Map<string, ChildProcess>();
  readonly #servers: ChildProcess[] = [];
  #nextPort = 20_000;

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

  /** TCP and UDP. */
  async serve(name: string, port: number): Promise<void> {
    for (const text of [tcpServer, udpServer]) {
      const child = spawn('nsenter', this.#enter(name, ['perl', '-e', server(port, text)]), {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      this.#servers.push(child);
      await once(child.stdout, 'data');
    }
  }

  /** Microseconds of a connection. */
  time(name: string, { from, to, port, questions = 0 }: Way): number {
    const numbers = [port, questions, this.#nextPort, inBatch, batches, warmUp].map(String);
    // No two connections are the same one again, which conntrack and IPVS would know.
    this.#nextPort += connections + warmUp;
    const command = this.#enter(name, ['perl', '-e', client, from, to, ...numbers]);
    return Number(execFileSync('nsenter', command, { encoding: 'utf8' }));
  }

  async remove(): Promise<void> {
    for (const child of [...this.#servers, ...this.#processes.values()]) {
      if (child.exitCode === null) {
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
