// Owns the rule that a transaction writes no key twice. Only the keys are compared as texts, to number them once; the rest
// is counting over those numbers, so that n writes cost O(n log n) comparisons however wide and deep they are nested.
// etcd: server/etcdserver/api/v3rpc/key.go checkIntervals, which keeps interval trees.

import type { DeleteRangeRequest, RequestOp } from '../proto/gen/rpc.ts';

/** True when operations that may run together put a key twice, or put one that others of them delete. */
export function overlaps(ops: readonly RequestOp[]): boolean {
  return isTooSmall(ops) ? false : new OverlapCheck(ops).overlaps();
}

/** Most transactions write once: nothing to compare, nothing to build. */
function isTooSmall(ops: readonly RequestOp[]): boolean {
  let writeCount = 0;
  for (const op of ops) {
    if (op.requestTxn !== undefined) return false;
    if (op.requestRange === undefined) writeCount++;
  }
  return writeCount <= 1;
}

/** The writes of a list of operations, as places in the order in which etcd looks at them. */
interface Branch {
  readonly start: number;
  /** The list's own deletes are before this, whatever their place in the list. */
  readonly deletesEnd: number;
  readonly nested: readonly NestedTxn[];
  /** Its own puts come last. */
  readonly putsStart: number;
  readonly end: number;
}

interface NestedTxn {
  readonly success: Branch;
  readonly failure: Branch;
}

/**
 * A put is refused for the deletes and puts before it in that order, but for those of the other branch of a
 * transaction around it, of which only one runs. etcd: hence a put may be followed by a nested delete of its key.
 */
export class OverlapCheck {
  /** Comparisons of keys and changes of counters so far; tests hold it to its bound. */
  steps = 0;
  /** Keys as texts, one character per byte. */
  readonly #keys: string[] = [];
  /** Where a delete ends, in the place of its key; undefined for a put. */
  readonly #ends: (string | undefined)[] = [];
  readonly #root: Branch;
  #deleteCount = 0;
  /** By place: the number of a put's key, or of the first key put that a delete takes. */
  #lows: Uint32Array = NO_NUMBERS;
  /** By place: the number of the first key put that a delete does not reach. */
  #highs: Uint32Array = NO_NUMBERS;
  /** By number of a key: puts of it that count now. */
  #puts: Int32Array = NO_COUNTS;
  /** Fenwick tree over the numbers of keys: deletes that count now and take a key. */
  #deletes: Int32Array = NO_COUNTS;

  constructor(ops: readonly RequestOp[]) {
    this.#root = this.#collect(ops);
  }

  overlaps(): boolean {
    this.#numberKeys();
    return this.#visit(this.#root);
  }

  #collect(ops: readonly RequestOp[]): Branch {
    const start = this.#keys.length;
    for (const op of ops) {
      if (op.requestDeleteRange !== undefined) this.#addDelete(op.requestDeleteRange);
    }
    const deletesEnd = this.#keys.length;
    const nested: NestedTxn[] = [];
    for (const { requestTxn } of ops) {
      if (requestTxn === undefined) continue;
      const success = this.#collect(requestTxn.success);
      nested.push({ success, failure: this.#collect(requestTxn.failure) });
    }
    const putsStart = this.#keys.length;
    for (const op of ops) {
      if (op.requestPut === undefined) continue;
      this.#keys.push(keyText(op.requestPut.key));
      this.#ends.push(undefined);
    }
    return { start, deletesEnd, nested, putsStart, end: this.#keys.length };
  }

  /** etcd: an interval up to "\0" (every key from here on) ends before it starts, and meets no key in this check. */
  #addDelete(request: DeleteRangeRequest): void {
    const key = keyText(request.key);
    this.#keys.push(key);
    this.#ends.push(request.rangeEnd.length === 0 ? `${key}\0` : keyText(request.rangeEnd));
    this.#deleteCount++;
  }

  /** Numbers the keys put, in their order if there are deletes, and finds which numbers each delete takes. */
  #numberKeys(): void {
    const count = this.#keys.length;
    const numbers = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const key = this.#keys[i] as string;
      if (this.#ends[i] === undefined && !numbers.has(key)) numbers.set(key, numbers.size);
    }
    this.#lows = new Uint32Array(count);
    this.#puts = new Int32Array(numbers.size);
    if (this.#deleteCount > 0) this.#orderNumbers(numbers);
    for (let i = 0; i < count; i++) {
      if (this.#ends[i] === undefined) this.#lows[i] = numbers.get(this.#keys[i] as string) ?? 0;
    }
  }

  #orderNumbers(numbers: Map<string, number>): void {
    const sorted = Array.from(numbers.keys()).sort((a, b) => this.#compare(a, b));
    sorted.forEach((key, number) => {
      numbers.set(key, number);
    });
    this.#highs = new Uint32Array(this.#keys.length);
    this.#deletes = new Int32Array(sorted.length + 1);
    this.#ends.forEach((end, i) => {
      if (end === undefined) return;
      this.#lows[i] = this.#firstFrom(sorted, this.#keys[i] as string);
      this.#highs[i] = this.#firstFrom(sorted, end);
    });
  }

  /** How many of the sorted keys are before this one. */
  #firstFrom(sorted: readonly string[], key: string): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(sorted[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(a: string, b: string): number {
    this.steps++;
    if (a === b) return 0;
    return a < b ? -1 : 1;
  }

  /** Counts a branch in; true as soon as something meets what counts already. */
  #visit(branch: Branch): boolean {
    this.#countAll(branch.start, branch.deletesEnd, 1);
    for (const { success, failure } of branch.nested) {
      // Which of them is first does not matter. The smaller one is counted twice, hence each write at most log n times.
      const isSmaller = success.end - success.start < failure.end - failure.start;
      const first = isSmaller ? success : failure;
      if (this.#visit(first)) return true;
      this.#countAll(first.start, first.end, -1);
      if (this.#visit(isSmaller ? failure : success)) return true;
      this.#countAll(first.start, first.end, 1);
    }
    for (let i = branch.putsStart; i < branch.end; i++) {
      if (this.#isTaken(this.#lows[i] as number)) return true;
      this.#count(i, 1);
    }
    return false;
  }

  #countAll(start: number, end: number, change: number): void {
    for (let i = start; i < end; i++) this.#count(i, change);
  }

  #count(place: number, change: number): void {
    const low = this.#lows[place] as number;
    if (this.#ends[place] === undefined) {
      this.steps++;
      this.#puts[low] = (this.#puts[low] as number) + change;
      return;
    }
    const high = this.#highs[place] as number;
    if (low >= high) return;
    this.#shift(low, change);
    this.#shift(high, -change);
  }

  /** Changes the count of deletes of every key from this number on. */
  #shift(number: number, change: number): void {
    const deletes = this.#deletes;
    for (let i = number + 1; i < deletes.length; i += i & -i) {
      this.steps++;
      deletes[i] = (deletes[i] as number) + change;
    }
  }

  #isTaken(number: number): boolean {
    if (this.#puts[number] !== 0) return true;
    if (this.#deleteCount === 0) return false;
    let deleteCount = 0;
    for (let i = number + 1; i > 0; i -= i & -i) {
      this.steps++;
      deleteCount += this.#deletes[i] as number;
    }
    return deleteCount > 0;
  }
}

const NO_NUMBERS = new Uint32Array(0);
const NO_COUNTS = new Int32Array(0);

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
