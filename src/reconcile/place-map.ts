import type { Claimants, Place, Places } from './place.ts';

interface MapPlace<Row> extends Place<Row> {
  desired: Row | undefined;
}

/** Places that only remember what is desired. */
export class PlaceMap<Row> implements Places<Row> {
  readonly #places = new Map<string, MapPlace<Row>>();

  /** What is desired, by key. */
  get rows(): ReadonlyMap<string, Row> {
    const rows = new Map<string, Row>();
    for (const { key, desired } of this.#places.values()) {
      if (desired !== undefined) {
        rows.set(key, desired);
      }
    }
    return rows;
  }

  find(key: string): Place<Row> | undefined {
    return this.#places.get(key);
  }

  at(key: string): Place<Row> {
    const known = this.#places.get(key);
    if (known !== undefined) {
      return known;
    }
    const place = { key, desired: undefined, claimants: undefined as Claimants<Row> };
    this.#places.set(key, place);
    return place;
  }

  setDesiredAt(place: MapPlace<Row>, row: Row | undefined): void {
    place.desired = row;
    if (row === undefined) {
      this.#places.delete(place.key);
    }
  }
}
