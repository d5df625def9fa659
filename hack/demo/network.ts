import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { clientAddresses, clientPod, pods } from './topology.ts';

const execute = promisify(execFile);

/** The Pods' way out: the node answers to it on every link. */
const gateway = '169.254.1.1';

/**
 * Builds the network of the node: for each Pod a network namespace behind a veth link, with a
 * route to each of its addresses. There is no bridge, as answers must pass the node on their way
 * back for IPVS to translate them.
 */
export async function buildNetwork(): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  const hosts = [
    ...pods.map(({ name, address }) => ({ name, addresses: [address] })),
    { name: clientPod, addresses: clientAddresses },
  ];
  await batch(
    [],
    hosts.flatMap(({ name, addresses }) => nodeSide(name, addresses)),
  );
  for (const { name, addresses } of hosts) {
    await batch(['-n', name], podSide(addresses));
  }
}

/** Runs a program of the machine; what it printed. Rejects when it fails. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, args);
  return stdout;
}

function nodeSide(name: string, addresses: readonly string[]): string[] {
  const link = `veth-${name}`;
  return [
    `netns add ${name}`,
    `link add ${link} type veth peer name eth0 netns ${name}`,
    `addr add ${gateway}/32 dev ${link}`,
    `link set ${link} up`,
    ...addresses.map((address) => `route add ${address}/32 dev ${link}`),
  ];
}

function podSide(addresses: readonly string[]): string[] {
  return [
    'link set lo up',
    ...addresses.map((address) => `addr add ${address}/32 dev eth0`),
    'link set eth0 up',
    `route add ${gateway} dev eth0 scope link`,
    `route add default via ${gateway}`,
  ];
}

/** Many commands of `ip` in one process: starting one is slow in the test kernel. */
async function batch(options: readonly string[], commands: readonly string[]): Promise<void> {
  const child = spawn('ip', [...options, '-batch', '-'], { stdio: ['pipe', 'inherit', 'pipe'] });
  const exited = once(child, 'exit');
  child.stdin.end(`${commands.join('\n')}\n`);
  const complaint = await text(child.stderr);
  await exited;
  if (child.exitCode !== 0) {
    throw new Error(`ip ${options.join(' ')} failed: ${complaint.trim()}`);
  }
}
