import type { ObjectKey } from '../cluster/objects.ts';
import type { ClusterStore } from '../cluster/store.ts';

/**
 * The keys of all Services in their order, so that a page of them costs no more than itself. Kept from
 * the first time on that it is asked for.
 */
export class ServiceIndex {
  readonly #store: Pick<ClusterStore, 'serviceKeys' | 'service' | 'onChange'>;
  #keys: ObjectKey[] | undefined;

  constructor(store: Pick<ClusterStore, 'serviceKeys' | 'service' | 'onChange'>) {
    this.#store = store;
  }

  get keys(): readonly ObjectKey[] {
    return (this.#keys ??= this.#follow());
  }

  #follow(): ObjectKey[] {
    this.#store.onChange((change) => {
      if (change.kind === 'service') {
        this.#changed(change.key);
      }
    });
    return [...this.#store.serviceKeys()].sort(byCodeUnits);
  }

  #changed(key: ObjectKey): void {
    const keys = this.#keys ?? [];
    const place = placeOf(keys, key);
    const wasThere = keys[place] === key;
    const isThere = this.#store.service(key) !== undefined;
    if (isThere && !wasThere) {
      keys.splice(place, 0, key);
    } else if (wasThere && !isThere) {
      keys.splice(place, 1);
    }
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Where a key is in a list that is in order, or would be. */
export function placeOf(keys: readonly string[], key: string): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = keys[middle];
    if (other !== undefined && other < key) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}
