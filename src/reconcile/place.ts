/** Who claims keys: the lower rank goes first; among equals the key decides. */
export interface Owner {
  readonly key: string;
  /** 0 where it is missing. */
  readonly rank?: number;
}

/** One owner's claim, with the row that it wants. */
export interface Claim<Row> {
  readonly owner: Owner;
  readonly row: Row;
}

/** The only owner, whose row is the desired one, or the claims of several, the holder's first. */
export type Claimants<Row> = Owner | readonly Claim<Row>[] | undefined;

/** What a table keeps of one key: one object for what is desired and for who claims it. */
export interface Place<Row> {
  readonly key: string;
  readonly desired: Row | undefined;
  /** Set by `Claims` alone. */
  claimants: Claimants<Row>;
}

/** A table as those see it who desire something. A place stays the same one while it is claimed. */
export interface Places<Row> {
  find(key: string): Place<Row> | undefined;
  /** The place of a key; a new one where there is none. */
  at(key: string): Place<Row>;
  /** Sets what is desired at a place of this table, or that nothing is. */
  setDesiredAt(place: Place<Row>, row: Row | undefined): void;
}
