import { watch, type FSWatcher } from 'node:fs';
import { asError } from '../../base/as-error.ts';
import { namedNodeOf } from '../../cluster/parse-node.ts';
import type { ClusterStore } from '../../cluster/store.ts';
import { formatProblem, type Problem } from '../../base/problem.ts';
import type { ProblemListener, Source } from '../source.ts';
import { ManifestFolder } from './manifest-folder.ts';
import { startTimer } from '../../base/time/timers.ts';

export interface ManifestSourceOptions {
  readonly folder: string;
  /** The Node of this name is taken as the own one. */
  readonly nodeName: string | undefined;
  readonly onProblem: ProblemListener;
  /** How long files must stay the same before a change counts; milliseconds. */
  readonly settleMs?: number;
  /** How often the folder is looked at without any notice of a change; milliseconds. */
  readonly rescanMs?: number;
}

const defaultSettleMs = 50;

/** Notices get lost (overflows, network file systems, the target of a link), so they only hasten a look. */
const defaultRescanMs = 1000;

/** A folder of manifests as the source of the cluster's objects. */
export class ManifestSource implements Source {
  readonly #folder: ManifestFolder;
  readonly #options: ManifestSourceOptions;
  readonly #settleMs: number;
  readonly #rescanMs: number;
  #reported: ReadonlySet<string> = new Set();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scan: Promise<void> | undefined;
  /** A notice has come since the last look began. */
  #noticed = false;
  #stopped = false;

  constructor(options: ManifestSourceOptions) {
    this.#options = options;
    this.#folder = new ManifestFolder(options.folder);
    this.#settleMs = options.settleMs ?? defaultSettleMs;
    this.#rescanMs = options.rescanMs ?? defaultRescanMs;
  }

  /** Rejects when the folder cannot be read. */
  async start(store: ClusterStore): Promise<void> {
    this.#watcher = this.#watch(store);
    try {
      await this.#folder.scan('at once');
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (!this.#stopped) {
      this.#apply(store);
      this.#lookAgain(store, this.#rescanMs);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
    await this.#scan;
  }

  #watch(store: ClusterStore): FSWatcher | undefined {
    try {
      const watcher = watch(this.#options.folder, () => {
        this.#notice(store);
      });
      watcher.on('error', () => {
        watcher.close();
      });
      return watcher;
    } catch {
      // No notices here: the rescans find the changes.
      return undefined;
    }
  }

  /** More notices do not put the look off, or a busy file would put it off for ever. */
  #notice(store: ClusterStore): void {
    if (!this.#noticed && this.#timer !== undefined) {
      this.#lookAgain(store, this.#settleMs);
    }
    this.#noticed = true;
  }

  #lookAgain(store: ClusterStore, delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) {
      return;
    }
    this.#timer = startTimer(() => {
      this.#timer = undefined;
      this.#noticed = false;
      this.#scan = this.#look(store);
    }, delayMs);
  }

  async #look(store: ClusterStore): Promise<void> {
    let unsettled = false;
    try {
      const result = await this.#folder.scan('settled');
      unsettled = result.unsettled;
      if (result.changed && !this.#stopped) {
        this.#apply(store);
      }
    } catch (error) {
      this.#report([unreadableFolder(error)]);
    }
    this.#lookAgain(store, unsettled || this.#noticed ? this.#settleMs : this.#rescanMs);
  }

  #apply(store: ClusterStore): void {
    const { node, nodes, services, slices, problems } = this.#folder.merged(this.#options.nodeName);
    this.#report(problems);
    // The Node goes first: what the Services become depends on its zone.
    store.setNode(node);
    store.replaceNamedNodes(nodes.map(namedNodeOf));
    store.nodeWeights.replace(nodes);
    store.replaceServices(services);
    store.replaceSlices(slices);
  }

  #report(problems: readonly Problem[]): void {
    const current = new Set<string>();
    for (const problem of problems) {
      const text = formatProblem(problem);
      if (!this.#reported.has(text) && !current.has(text)) {
        this.#options.onProblem(problem);
      }
      current.add(text);
    }
    this.#reported = current;
  }
}

function unreadableFolder(error: unknown): Problem {
  return {
    object: 'manifests',
    field: '',
    value: undefined,
    allowed: `${asError(error).message}; nothing is changed`,
  };
}
