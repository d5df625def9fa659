import type { EndpointSlice } from '../../../src/cluster/objects.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { moreEndpointAddress } from '../synthetic-cluster.ts';
import { BareRoundTrips } from './bare-round-trips.ts';
import { collectGarbage } from './collect-garbage.ts';
import { LoadedController } from './loaded-controller.ts';

/**
 * Changes before the ones that count. V8 compiles what a change runs during the first thousand, which is
 * once in the life of a process that runs for weeks: their tail is told apart.
 */
export const warmUp = 1000;

/**
 * One endpoint after the other comes to a Service, or leaves it again: from the call that puts
 * the parsed slice into the store to the end of the round that has had the kernel's ACK. Each
 * change is followed by a bare round trip of the same kind of message.
 */
export async function change(input: ProbeInput): Promise<Reading> {
  const loaded = await LoadedController.start(input);
  const bare = await BareRoundTrips.open();
  try {
    const slices = steps(loaded, input);
    await collectGarbage();
    const samples: number[] = [];
    const bareSamples: number[] = [];
    for (const slice of slices) {
      samples.push(await timeChange(loaded, slice));
      await quiet();
      bareSamples.push(await bare.next());
    }
    return {
      ...readings(samples.slice(warmUp), bareSamples.slice(warmUp)),
      'first p99': percentile(samples.slice(0, warmUp), 99),
    };
  } finally {
    bare.close();
    await loaded.stop();
  }
}

/** A Service gets an endpoint and loses it again; then the next one, far away in the tables. */
function steps(loaded: LoadedController, { services, changes }: ProbeInput): EndpointSlice[] {
  return Array.from({ length: warmUp + changes }, (_, step) => {
    const turn = Math.floor(step / 2);
    const index = (turn * 7919) % services;
    return loaded.slice(index, step % 2 === 0 ? [moreEndpointAddress(turn)] : []);
  });
}

async function timeChange(loaded: LoadedController, slice: EndpointSlice): Promise<number> {
  const programmed = loaded.nextProgrammed();
  loaded.store.setSlice(slice, performance.now());
  return programmed;
}

/** The controller has ended its run before the next change comes. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function readings(samples: readonly number[], bare: readonly number[]): Reading {
  const ofParity = (parity: number) => samples.filter((_, step) => step % 2 === parity);
  return {
    p50: percentile(samples, 50),
    p99: percentile(samples, 99),
    'p50, one comes': percentile(ofParity(0), 50),
    'p50, one leaves': percentile(ofParity(1), 50),
    bare: percentile(bare, 50),
    'bare p99': percentile(bare, 99),
  };
}
