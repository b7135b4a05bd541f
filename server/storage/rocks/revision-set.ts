// Owns a set of revisions kept as plain numbers: no text keys, no objects per member but a short list per main
// revision.

export class RevisionSet {
  /** main -> list of sub * 2 + (1 for a tombstone). */
  readonly #marks: Map<number, number[]>;

  constructor() {
    this.#marks = new Map();
  }

  get isEmpty(): boolean {
    return this.#marks.size === 0;
  }

  add(main: number, sub: number, tombstone: boolean): void {
    const mark = markOf(sub, tombstone);
    const marks = this.#marks.get(main);
    if (marks === undefined) this.#marks.set(main, [mark]);
    else marks.push(mark);
  }

  has(main: number, sub: number, tombstone: boolean): boolean {
    if (this.#marks.size === 0) return false;
    return this.#marks.get(main)?.includes(markOf(sub, tombstone)) ?? false;
  }

  clear(): void {
    if (this.#marks.size > 0) this.#marks.clear();
  }
}

function markOf(sub: number, tombstone: boolean): number {
  return sub * 2 + (tombstone ? 1 : 0);
}
