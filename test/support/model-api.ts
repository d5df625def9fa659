import type { Clock } from '../../src/source/api-server/clock.ts';

/** Where an answer goes. */
export interface AnswerSink {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  write(text: string): void;
  end(): void;
  /** The connection breaks. */
  break(): void;
}

type Fields = Readonly<Record<string, unknown>>;

export interface ModelObject extends Fields {
  readonly metadata: Fields & { readonly name: string; readonly namespace?: string };
}

interface Change {
  readonly version: number;
  readonly before: ModelObject | undefined;
  readonly after: ModelObject | undefined;
}

interface Watcher {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly sink: AnswerSink;
  sentVersion: number;
  readonly leave: () => void;
}

interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
  /** What a bookmark's object has besides its metadata. */
  readonly emptyBody: Fields;
}

type State = ReadonlyMap<string, ReadonlyMap<string, ModelObject>>;

/** What an etcd backup holds. */
export interface Backup {
  readonly version: number;
  readonly state: State;
}

export const paths = {
  services: '/api/v1/services',
  slices: '/apis/discovery.k8s.io/v1/endpointslices',
  nodes: '/api/v1/nodes',
} as const;

const kinds: ReadonlyMap<string, Kind> = new Map([
  [
    paths.services,
    {
      kind: 'Service',
      apiVersion: 'v1',
      emptyBody: { spec: {}, status: { loadBalancer: {} } },
    },
  ],
  [
    paths.slices,
    {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      emptyBody: { addressType: '', endpoints: null, ports: null },
    },
  ],
  [paths.nodes, { kind: 'Node', apiVersion: 'v1', emptyBody: { spec: {}, status: {} } }],
]);

const listTypes = new Map(
  [...kinds].map(([path, { kind, apiVersion }]) => [path, { kind: `${kind}List`, apiVersion }]),
);

const bookmarkEveryMs = 60_000;
const json = { 'content-type': 'application/json' };

const expiredContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/**
 * An API server with an etcd, in memory: versions, pages, watches, bookmarks, compaction
 * and restored backups. It answers as the recordings of a real one show.
 */
export class ModelApi {
  /** How a watch is told that its version has expired. */
  expiredAs: 'event' | 'status' = 'event';
  readonly #clock: Clock;
  readonly #watchers = new Set<Watcher>();
  readonly #pinned = new Map<string, readonly ModelObject[]>();
  readonly #changes = new Map<string, Change[]>();
  #state = new Map<string, Map<string, ModelObject>>();
  #version = 0;
  #compacted = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get version(): number {
    return this.#version;
  }

  /** The objects of a path, ordered by key. */
  objects(path: string): readonly ModelObject[] {
    const entries = [...(this.#state.get(path) ?? [])];
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Takes objects as they are, at this version. */
  load(path: string, objects: readonly ModelObject[], version: number): void {
    this.#state.set(path, new Map(objects.map((object) => [keyOf(object), object])));
    this.#version = version;
    this.#compacted = version;
  }

  put(path: string, object: ModelObject): void {
    this.#change(path, keyOf(object), (version) => stamped(object, version));
  }

  remove(path: string, object: ModelObject): void {
    this.#change(path, keyOf(object), () => undefined);
  }

  /** Something else in the cluster changes. */
  tick(): void {
    this.#version += 1;
  }

  /** The history up to now is gone, and with it the continue tokens. */
  compact(): void {
    this.#compacted = this.#version;
    this.#pinned.clear();
  }

  backup(): Backup {
    const state = new Map([...this.#state].map(([path, objects]) => [path, new Map(objects)]));
    return { version: this.#version, state };
  }

  /** As etcd is restored: the version goes back, and there is no history. */
  restore({ version, state }: Backup): void {
    this.#state = new Map([...state].map(([path, objects]) => [path, new Map(objects)]));
    this.#version = version;
    this.#compacted = version;
    this.#changes.clear();
    this.#pinned.clear();
  }

  breakWatches(): void {
    this.#closeWatches((watcher) => {
      watcher.sink.break();
    });
  }

  endWatches(): void {
    this.#closeWatches((watcher) => {
      watcher.sink.end();
    });
  }

  /** Answers a GET. What it returns is to be called when the client leaves. */
  answer(pathAndQuery: string, sink: AnswerSink): () => void {
    const { pathname: path, searchParams: query } = new URL(pathAndQuery, 'http://model');
    if (query.has('watch')) {
      return this.#watch(path, query, sink);
    }
    const { code, body } = this.#list(path, query);
    sink.head(code, json);
    sink.write(`${JSON.stringify(body)}\n`);
    sink.end();
    return () => undefined;
  }

  #change(path: string, key: string, make: (version: number) => ModelObject | undefined): void {
    const objects = this.#state.get(path) ?? new Map<string, ModelObject>();
    this.#state.set(path, objects);
    const before = objects.get(key);
    this.#version += 1;
    const after = make(this.#version);
    if (after === undefined) {
      objects.delete(key);
    } else {
      objects.set(key, after);
    }
    const change = { version: this.#version, before, after };
    this.#changes.set(path, [...(this.#changes.get(path) ?? []), change]);
    this.#watchers.forEach((watcher) => {
      if (watcher.path === path) {
        this.#send(watcher, change);
      }
    });
  }

  #list(path: string, query: URLSearchParams): { code: number; body: unknown } {
    const token = query.get('continue');
    const { rv, start } = token === null ? { rv: -1, start: '' } : readToken(token);
    const limit = Number(query.get('limit') ?? Infinity);
    const all = rv < 0 ? this.objects(path) : this.#pinned.get(`${path} ${rv}`);
    if (all === undefined) {
      const metadata = { continue: makeToken(-1, start.replace(/^\//, '')) };
      return { code: 410, body: failure(410, 'Expired', expiredContinue, metadata) };
    }
    const version = rv < 0 ? this.#version : rv;
    const rest = all.filter((object) => isSelected(object, query) && isAfter(object, start));
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    const remaining = rest.length - items.length;
    const metadata: Record<string, unknown> = { resourceVersion: String(version) };
    if (remaining > 0 && last !== undefined) {
      this.#pinned.set(`${path} ${version}`, all);
      metadata['continue'] = makeToken(version, `/${keyOf(last)}\0`);
      if (!query.has('labelSelector')) {
        metadata['remainingItemCount'] = remaining;
      }
    }
    return { code: 200, body: { ...listTypes.get(path), metadata, items } };
  }

  #watch(path: string, query: URLSearchParams, sink: AnswerSink): () => void {
    const version = Number(query.get('resourceVersion'));
    if (version < this.#compacted) {
      this.#refuseExpired(version, sink);
      return () => undefined;
    }
    sink.head(200, json);
    const cancels: (() => void)[] = [];
    const leave = (): void => {
      this.#watchers.delete(watcher);
      cancels.splice(0).forEach((cancel) => {
        cancel();
      });
    };
    const watcher: Watcher = { path, query, sink, sentVersion: version, leave };
    this.#watchers.add(watcher);
    this.#scheduleBookmarks(watcher, cancels);
    const timeoutMs = Number(query.get('timeoutSeconds') ?? 3600) * 1000;
    cancels.push(
      this.#clock.after(timeoutMs, () => {
        this.#bookmark(watcher);
        leave();
        sink.end();
      }),
    );
    this.#changes.get(path)?.forEach((change) => {
      this.#send(watcher, change);
    });
    return leave;
  }

  #refuseExpired(version: number, sink: AnswerSink): void {
    const message = `too old resource version: ${version} (${this.#compacted})`;
    const object = failure(410, 'Expired', message);
    sink.head(this.expiredAs === 'status' ? 410 : 200, json);
    const body = this.expiredAs === 'status' ? object : { type: 'ERROR', object };
    sink.write(`${JSON.stringify(body)}\n`);
    sink.end();
  }

  #scheduleBookmarks(watcher: Watcher, cancels: (() => void)[]): void {
    if (watcher.query.get('allowWatchBookmarks') === 'true') {
      cancels.push(
        this.#clock.after(bookmarkEveryMs, () => {
          this.#bookmark(watcher);
          this.#scheduleBookmarks(watcher, cancels);
        }),
      );
    }
  }

  #bookmark(watcher: Watcher): void {
    const kind = kinds.get(watcher.path);
    if (kind !== undefined && watcher.sentVersion <= this.#version) {
      const { emptyBody, ...type } = kind;
      const metadata = { resourceVersion: String(this.#version) };
      const event = { type: 'BOOKMARK', object: { ...type, metadata, ...emptyBody } };
      watcher.sink.write(`${JSON.stringify(event)}\n`);
    }
  }

  #send(watcher: Watcher, { version, before, after }: Change): void {
    const wasSelected = before !== undefined && isSelected(before, watcher.query);
    const isWanted = after !== undefined && isSelected(after, watcher.query);
    if (version <= watcher.sentVersion || (!wasSelected && !isWanted)) {
      return;
    }
    const { kind, apiVersion } = kinds.get(watcher.path) ?? {};
    const type = isWanted ? (wasSelected ? 'MODIFIED' : 'ADDED') : 'DELETED';
    const object = isWanted ? after : stamped(before!, version);
    const event = { type, object: { kind, apiVersion, ...object } };
    watcher.sink.write(`${JSON.stringify(event)}\n`);
    watcher.sentVersion = version;
  }

  #closeWatches(close: (watcher: Watcher) => void): void {
    [...this.#watchers].forEach((watcher) => {
      watcher.leave();
      close(watcher);
    });
  }
}

/** As etcd orders them: by namespace and name. */
function keyOf({ metadata }: ModelObject): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

function stamped(object: ModelObject, version: number): ModelObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function isAfter(object: ModelObject, start: string): boolean {
  return keyOf(object) >= start.replace(/^\//, '');
}

/** `!key` and `metadata.name=value` are all that is asked for. */
function isSelected({ metadata }: ModelObject, query: URLSearchParams): boolean {
  const forbidden = query.get('labelSelector')?.replace(/^!/, '');
  const name = query.get('fieldSelector')?.replace('metadata.name=', '');
  const labels: unknown = metadata['labels'] ?? {};
  const isLabelled = forbidden !== undefined && Object.hasOwn(labels as Fields, forbidden);
  return !isLabelled && (name === undefined || metadata.name === name);
}

/** The token of a real server, which hides nothing. */
function makeToken(rv: number, start: string): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv, start });
  return Buffer.from(text).toString('base64url');
}

function readToken(token: string): { rv: number; start: string } {
  // The token is one of makeToken's.
  return JSON.parse(Buffer.from(token, 'base64url').toString()) as { rv: number; start: string };
}

function failure(code: number, reason: string, message: string, metadata: Fields = {}): Fields {
  return { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message, reason, code };
}
