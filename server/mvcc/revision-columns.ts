// Owns the rows that a select found, as columns that are used again for the next select: enough to filter, sort and
// count without reading a value.

const ROWS_FIRST = 16;

export class RevisionColumns {
  /** Rows found. */
  count = 0;
  /** Keys in the range at that revision, whatever the limit; 0 when it was not asked for. */
  total = 0;
  /** The store's current revision when it was read, own writes of an open transaction included. */
  storeRevision = 0;
  /** The revision that was read. */
  readRevision = 0;
  create: Float64Array = new Float64Array(ROWS_FIRST);
  main: Float64Array = new Float64Array(ROWS_FIRST);
  sub: Uint32Array = new Uint32Array(ROWS_FIRST);
  version: Float64Array = new Float64Array(ROWS_FIRST);
  /** Index rows: the keys, valid until the store changes. See MvccStore.keyView. */
  row: Uint32Array = new Uint32Array(ROWS_FIRST);

  reset(): void {
    this.count = 0;
    this.total = 0;
  }

  push(row: number, main: number, sub: number, create: number, version: number): void {
    const i = this.count;
    if (i === this.main.length) this.#grow();
    this.row[i] = row;
    this.main[i] = main;
    this.sub[i] = sub;
    this.create[i] = create;
    this.version[i] = version;
    this.count = i + 1;
  }

  /** Keeps only the rows listed, in that order; for sorts. */
  pick(rows: ArrayLike<number>): void {
    const { row, main, sub, create, version } = this;
    this.row = new Uint32Array(rows.length);
    this.main = new Float64Array(rows.length);
    this.sub = new Uint32Array(rows.length);
    this.create = new Float64Array(rows.length);
    this.version = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const from = rows[i] as number;
      this.row[i] = row[from] as number;
      this.main[i] = main[from] as number;
      this.sub[i] = sub[from] as number;
      this.create[i] = create[from] as number;
      this.version[i] = version[from] as number;
    }
    this.count = rows.length;
  }

  /** Copies one row over another, for filters that go through the rows in order. */
  move(from: number, to: number): void {
    if (from === to) return;
    this.row[to] = this.row[from] as number;
    this.main[to] = this.main[from] as number;
    this.sub[to] = this.sub[from] as number;
    this.create[to] = this.create[from] as number;
    this.version[to] = this.version[from] as number;
  }

  /** Becomes the listed rows of another select, in that order. */
  gather(source: RevisionColumns, rows: ArrayLike<number>): void {
    this.reset();
    this.storeRevision = source.storeRevision;
    this.readRevision = source.readRevision;
    const { row, main, sub, create, version } = source;
    for (let i = 0; i < rows.length; i++) {
      const from = rows[i] as number;
      this.push(
        row[from] as number,
        main[from] as number,
        sub[from] as number,
        create[from] as number,
        version[from] as number,
      );
    }
  }

  #grow(): void {
    const length = Math.max(ROWS_FIRST, this.main.length * 2);
    this.row = copyWords(this.row, length);
    this.sub = copyWords(this.sub, length);
    this.main = copyFloats(this.main, length);
    this.create = copyFloats(this.create, length);
    this.version = copyFloats(this.version, length);
  }
}

function copyWords(from: Uint32Array, length: number): Uint32Array {
  const to = new Uint32Array(length);
  to.set(from);
  return to;
}

function copyFloats(from: Float64Array, length: number): Float64Array {
  const to = new Float64Array(length);
  to.set(from);
  return to;
}
