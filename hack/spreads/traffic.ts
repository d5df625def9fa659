import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export const pods = 5;
/** The Pod whose connections last longer than those of the others. */
export const slowPod = 5;
export const clients = 250;

const vip = '10.96.0.1';

/** For how many further connections one stays open. */
const [quick, slow] = [20, 100];

/** Core Perl alone. Answers with the number of the Pod that it is; its sockets close 1,000 later. */
const server = `socket S,2,1,6; setsockopt S,1,2,pack('i',1);
  bind S,pack('SnNx8',2,8080,0) or die "bind: $!"; listen S,4096 or die "listen: $!";
  $|=1; print "ready\\n"; while (1) { my $c; accept $c,S or next;
  syswrite $c,substr(getsockname($c),7,1); $ring[$n++ % 1000]=$c }`;

/**
 * A line is the number of a client: it connects, and who answers is printed, 0 for a refusal. Time is
 * counted in connections, so that a run is the same on every machine. A reset leaves nothing behind.
 * The ICMP of a refusal comes while connect() holds the socket, which would wait for a second: hence it
 * does not block, and is asked for its error.
 */
const client = `($vip,$quick,$slow,$slowPod)=@ARGV; while (<STDIN>) { my ($s,$b,$w); $n++;
  delete $until{$n}; socket $s,2,1|04000,6; setsockopt $s,1,13,pack('ii',1,0);
  bind $s,pack('SnC4x8',2,0,10,1,$_>>8,$_&255) or die "bind: $!"; $pod=0;
  connect $s,pack('SnC4x8',2,80,split /\\./,$vip);
  if (!unpack 'i',getsockopt $s,1,4) { vec($w,fileno $s,1)=1;
    if (select undef,my $x=$w,undef,2 and !unpack 'i',getsockopt $s,1,4) {
      select $w,undef,undef,2 and sysread $s,$b,1 and $pod=ord $b } }
  push @{$until{$n+($pod==$slowPod?$slow:$quick)}},$s; print "$pod\\n" }`;

/** A node with IPVS, clients behind one link and Pods behind another, in the kernel that this runs in. */
export async function makeNetwork(): Promise<void> {
  ip([
    'netns add clients',
    'netns add pods',
    'link set lo up',
    'link add to-clients type veth peer name eth0 netns clients',
    'link add to-pods type veth peer name eth0 netns pods',
    'link add vip type dummy',
    `address add ${vip}/32 dev vip`,
    'address add 10.1.255.254/16 dev to-clients',
    'address add 10.2.0.254/24 dev to-pods',
    'link set to-clients up',
    'link set to-pods up',
  ]);
  const clientAddresses = Array.from({ length: clients }, (_, index) => index + 1).map(
    (number) => `address add 10.1.${number >> 8}.${number & 255}/16 dev eth0`,
  );
  const podAddresses = numbers.map((number) => `address add ${podAddress(number)}/24 dev eth0`);
  inside('clients', [...clientAddresses, 'link set eth0 up', 'route add default via 10.1.255.254']);
  inside('pods', [...podAddresses, 'link set eth0 up', 'route add default via 10.2.0.254']);
  execFileSync('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  const child = spawn('ip', ['netns', 'exec', 'pods', 'perl', '-e', server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.unref();
  await once(child.stdout, 'data');
  child.stdout.destroy();
}

/** All Pods, in the order of their numbers. */
export const numbers: readonly number[] = Array.from({ length: pods }, (_, index) => index + 1);

/** A virtual server with these Pods as real servers, in this order. */
export function setUp(scheduler: string, order: readonly number[] = numbers): void {
  const lines = [`-A -t ${vip}:80 -s ${scheduler}`, ...order.map(addition)];
  ipvsadm('-C');
  ipvsadm('-R', lines);
}

export function remove(pod: number): void {
  ipvsadm('-R', [`-d -t ${vip}:80 -r ${podAddress(pod)}:8080`]);
}

export function add(pod: number): void {
  ipvsadm('-R', [addition(pod)]);
}

/** Who answers each of these clients, one after the other; 0 is nobody. */
export function connect(order: readonly number[]): readonly number[] {
  const args = [vip, String(quick), String(slow), String(slowPod)];
  const output = execFileSync('ip', ['netns', 'exec', 'clients', 'perl', '-e', client, ...args], {
    input: order.map((number) => `${number}\n`).join(''),
    encoding: 'utf8',
  });
  return output.trim().split('\n').map(Number);
}

function addition(pod: number): string {
  return `-a -t ${vip}:80 -r ${podAddress(pod)}:8080 -m -w 1`;
}

function podAddress(pod: number): string {
  return `10.2.0.${pod}`;
}

function ipvsadm(option: string, lines: readonly string[] = []): void {
  execFileSync('ipvsadm', [option], { input: lines.map((line) => `${line}\n`).join('') });
}

function ip(lines: readonly string[], before: readonly string[] = []): void {
  execFileSync('ip', [...before, '-batch', '-'], { input: lines.join('\n') });
}

function inside(name: string, lines: readonly string[]): void {
  ip(lines, ['-n', name]);
}
