import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Accepts everybody on port 8080, and keeps all connections open. */
const acceptor = `socket S,2,1,6; setsockopt S,1,2,pack('i',1);
  bind S,pack('SnNx8',2,8080,0) or die "bind: $!"; listen S,4096 or die "listen: $!";
  $|=1; print "ready\\n"; while (1) { my $c; accept $c,S or next; push @open,$c }`;

/**
 * A line is an address and how many connections: each comes from a port of its own, one after the other,
 * and stays open; printed is how many the server took, refused, and left without an answer for two
 * seconds. At the end a reset leaves nothing behind. The ICMP of a refusal comes while connect() holds
 * the socket, which would wait for a second: hence it does not block, and is asked for its error.
 */
const client = `$|=1; $port=20000; while (<STDIN>) { my ($vip,$count)=split; my ($ok,$refused,$silent)=(0,0,0);
  for (1..$count) { my ($s,$w); socket $s,2,1|04000,6 or die; setsockopt $s,1,2,pack('i',1);
    setsockopt $s,1,13,pack('ii',1,0); bind $s,pack('SnC4x8',2,$port++,10,1,0,1) or die "bind: $!";
    connect $s,pack('SnC4x8',2,80,split /\\./,$vip); vec($w,fileno $s,1)=1;
    my $error=unpack 'i',getsockopt $s,1,4;
    if (!$error) { if (select undef,my $x=$w,undef,2) { $error=unpack 'i',getsockopt $s,1,4 } else { $silent++; next } }
    if ($error) { $refused++ } else { $ok++; push @open,$s } }
  print "$ok $refused $silent\\n" }`;

/** What became of connections. */
export interface Held {
  readonly taken: number;
  readonly refused: number;
  readonly silent: number;
}

/** A client at 10.1.0.1 whose connections stay open, and a server that takes all of them. */
export class HeldConnections {
  readonly #processes: readonly Perl[];
  readonly #client: Perl;

  private constructor(server: Perl, asking: Perl) {
    this.#processes = [server, asking];
    this.#client = asking;
  }

  static async start(): Promise<HeldConnections> {
    const server = new Perl(acceptor);
    await server.line();
    return new HeldConnections(server, new Perl(client));
  }

  /** Opens so many to port 80 of a VIP. */
  async open(vip: string, count: number): Promise<Held> {
    const [taken = 0, refused = 0, silent = 0] = (await this.#client.ask(`${vip} ${count}`))
      .split(' ')
      .map(Number);
    return { taken, refused, silent };
  }

  stop(): void {
    this.#processes.forEach((process) => {
      process.stop();
    });
  }
}

/** A program of core Perl, which answers a line with a line. */
class Perl {
  readonly #process;
  readonly #lines;

  constructor(program: string) {
    this.#process = spawn('perl', ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout satisfies Readable });
  }

  async line(): Promise<string> {
    const [line] = (await once(this.#lines, 'line')) as [string]; // the only event with this name
    return line;
  }

  ask(text: string): Promise<string> {
    const answer = this.line();
    (this.#process.stdin satisfies Writable).write(`${text}\n`);
    return answer;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
