import { rulesOfConnections } from '../connection/rules.ts';
import {
  connectionProbe,
  isProbeName,
  type ConnectionProbe,
  type ProbeInput,
  type ProbeName,
} from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { addressesAlone } from './addresses-alone.ts';
import { audit } from './audit.ts';
import { burst } from './burst.ts';
import { change } from './change.ts';
import { client } from './client.ts';
import { connection } from './connection.ts';
import { counterRealServers, counterSums } from './counters.ts';
import { everything, everythingInParts, everythingWithNftables } from './everything.ts';
import { frontEnd } from './front-end.ts';
import { floor, floorOfEverything } from './floor.ts';
import { ipvsadm } from './ipvsadm.ts';
import { largeService } from './large-service.ts';
import { portRanges } from './port-ranges.ts';
import { outliers } from './outliers.ts';
import { lookedAt } from './looked-at.ts';
import { processes } from './processes.ts';
import { program, programTwice } from './program.ts';
import { reconciler, reconcilerInParts } from './reconciler.ts';

/**
 * The process of one measurement: `main.ts PROBE INPUT`, in a network namespace of its own.
 * Writes the reading to standard output, as JSON.
 */
const probes: Readonly<Record<ProbeName, (input: ProbeInput) => Promise<Reading>>> = {
  ipvsadm,
  floor,
  'floor of everything': floorOfEverything,
  client,
  reconciler,
  'reconciler in parts': reconcilerInParts,
  everything,
  'everything in parts': everythingInParts,
  'everything with nftables': everythingWithNftables,
  program,
  'program twice': programTwice,
  'addresses alone': addressesAlone,
  change,
  'large service': largeService,
  burst,
  audit,
  counters: counterSums,
  'counters of real servers': counterRealServers,
  outliers,
  'looked at': lookedAt,
  processes,
  'front end': frontEnd,
  'port ranges, nftables': (input) => portRanges(input, 'nftables'),
  'port ranges, iptables': (input) => portRanges(input, 'iptables'),
  ...connectionProbes(),
};

function connectionProbes() {
  return Object.fromEntries(
    rulesOfConnections.map((rules) => [
      connectionProbe(rules),
      (input: ProbeInput) => connection(input, rules),
    ]),
  ) as Record<ConnectionProbe, (input: ProbeInput) => Promise<Reading>>; // one for each
}

function probeOf(name: string): (input: ProbeInput) => Promise<Reading> {
  if (!isProbeName(name)) {
    throw new Error(`there is no probe '${name}'`);
  }
  return probes[name];
}

async function main([name = '', text = '']: readonly string[]): Promise<void> {
  const input = JSON.parse(text) as ProbeInput; // written by run-probe.ts
  console.log(JSON.stringify(await probeOf(name)(input)));
}

void main(process.argv.slice(2));
