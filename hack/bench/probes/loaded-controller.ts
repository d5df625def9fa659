import { ClusterStore } from '../../../src/cluster/store.ts';
import type { EndpointSlice, Service } from '../../../src/cluster/objects.ts';
import { parseEndpointSlice } from '../../../src/cluster/parse-endpoint-slice.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import type { Parsed } from '../../../src/cluster/fields.ts';
import { settingsFromText, type Settings } from '../../../src/config/load-settings.ts';
import { Controller, type ControllerListener } from '../../../src/app/controller.ts';
import { openKernel, type Kernel } from '../../../src/app/kernel.ts';
import type { RoundReport } from '../../../src/reconcile/reconciler.ts';
import { configuration } from './configuration.ts';
import { endpointSliceObject, serviceObject, type ClusterSize } from '../synthetic-cluster.ts';

/** Audits come when a probe asks for them, and at no other time. */
const neverMs = 3_600_000;

/**
 * Store, controller and kernel put together as src/app/daemon.ts does, with a cluster that the kernel
 * holds already. Settings are the defaults: no least time between two rounds.
 */
export class LoadedController {
  readonly store = new ClusterStore();
  readonly kernel: Kernel;
  readonly controller: Controller;
  readonly settings: Settings;
  readonly #size: ClusterSize;
  readonly #onRound = new Set<(report: RoundReport) => void>();
  readonly #onAudit = new Set<(ms: number) => void>();
  readonly #onProgrammed = new Set<(ms: number) => void>();

  private constructor(kernel: Kernel, settings: Settings, size: ClusterSize) {
    this.kernel = kernel;
    this.settings = settings;
    this.#size = size;
    const options = { ...settings, auditEveryMs: neverMs };
    this.controller = new Controller(
      this.store,
      kernel.desired,
      kernel.reconciler,
      options,
      this.#listener(),
    );
  }

  static async start(size: ClusterSize): Promise<LoadedController> {
    const settings = settingsFromText(JSON.stringify(configuration), {}, noWarnings);
    const kernel = await openKernel(settings, {
      note: () => undefined,
      warn: (message) => {
        throw new Error(message);
      },
    });
    const loaded = new LoadedController(kernel, settings, size);
    const indexes = Array.from({ length: size.services }, (_, index) => index);
    loaded.store.replaceServices(indexes.map((index) => parsedService(index)));
    loaded.store.replaceSlices(indexes.map((index) => loaded.slice(index, [])));
    const filled = loaded.nextRound();
    loaded.controller.start();
    const { failures } = await filled;
    if (failures[0] !== undefined) {
      throw new Error(`the first sync failed: ${failures[0].error.message}`);
    }
    return loaded;
  }

  /** The slice of a Service with its endpoints and some more. */
  slice(index: number, more: readonly string[]): EndpointSlice {
    const { endpoints } = this.#size;
    return valueOf(parseEndpointSlice(endpointSliceObject(index, endpoints, more)));
  }

  /** The next round that ends. */
  nextRound(): Promise<RoundReport> {
    return onceOf(this.#onRound);
  }

  /** Milliseconds from the arrival of the next change that gets to the kernel until it has. */
  nextProgrammed(): Promise<number> {
    return onceOf(this.#onProgrammed);
  }

  /** Milliseconds that the next round with an audit takes. */
  nextAudit(): Promise<number> {
    return onceOf(this.#onAudit);
  }

  /**
   * Hears of each change that got to the kernel, in milliseconds since its arrival. Answers the
   * way to end that.
   */
  onProgrammed(listener: (ms: number) => void): () => void {
    this.#onProgrammed.add(listener);
    return () => this.#onProgrammed.delete(listener);
  }

  async stop(): Promise<void> {
    await this.controller.stop();
    this.kernel.close();
  }

  #listener(): ControllerListener {
    const ignore = (): void => undefined;
    return {
      problem: ({ object, field }) => {
        throw new Error(`the synthetic cluster has a problem: ${object} ${field}`);
      },
      mistake: (service, error) => {
        throw new Error(`Service ${service} could not be translated`, { cause: error });
      },
      mended: ignore,
      auditFailed: (error) => {
        throw error;
      },
      round: (report, ms, scope) => {
        tellAll(this.#onRound, report);
        if (scope === 'audit') {
          tellAll(this.#onAudit, ms);
        }
      },
      programmed: ({ sinceArrivalMs }) => {
        tellAll(this.#onProgrammed, sinceArrivalMs);
      },
      healthCheck: ignore,
      failure: ignore,
      synced: ignore,
      kernelRead: ignore,
      unwritable: ignore,
      changed: ignore,
    };
  }
}

const noWarnings = { withoutEffect: () => undefined, unknown: () => undefined };

function onceOf<T>(listeners: Set<(value: T) => void>): Promise<T> {
  return new Promise((resolve) => {
    const listener = (value: T): void => {
      listeners.delete(listener);
      resolve(value);
    };
    listeners.add(listener);
  });
}

/** A listener may take itself out meanwhile. */
function tellAll<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
  for (const tell of [...listeners]) {
    tell(value);
  }
}

function parsedService(index: number): Service {
  return valueOf(parseService(serviceObject(index)));
}

function valueOf<T>({ value, problems }: Parsed<T>): T {
  if (value === undefined || problems.length > 0) {
    throw new Error('the synthetic cluster has problems');
  }
  return value;
}
