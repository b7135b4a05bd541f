// An independent look at a bbolt file, by bbolt's own rules of consistency: every page below the high-water mark is
// reached exactly once or is a meta, carries its own id and a valid type; keys ascend and lie in their parent's range;
// branches have at least two children; only small buckets are inline. Shares no code with the reader.

export interface CheckedFile {
  readonly problems: string[];
  /** Pairs of every bucket, by the bucket's name in hex. */
  readonly buckets: Map<string, [key: string, value: string][]>;
  readonly depthMax: number;
}

class Checker {
  readonly problems: string[] = [];
  readonly buckets = new Map<string, [string, string][]>();
  depthMax = 0;
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  readonly #pageCount: number;
  readonly #reached = new Set<number>([0, 1]);

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#pageSize = bytes.readUInt32LE(24);
    this.#pageCount = Number(bytes.readBigUInt64LE(56));
  }

  check(): void {
    if (this.#bytes.length !== this.#pageCount * this.#pageSize) {
      this.problems.push(`${this.#bytes.length} bytes for ${this.#pageCount} pages`);
    }
    const root = Number(this.#bytes.readBigUInt64LE(32));
    for (const [name, value, flags] of this.#tree(root, 1)) {
      if (flags !== 1) this.problems.push('value beside buckets');
      const header = Buffer.from(value, 'hex');
      const page = Number(header.readBigUInt64LE(0));
      const pairs = page === 0 ? this.#inline(header.subarray(16)) : [...this.#tree(page, 1)];
      if (page !== 0 && inlineSize(pairs) <= this.#pageSize / 4) {
        this.problems.push('small bucket not inline');
      }
      if (page === 0 && header.length - 16 > this.#pageSize / 4) {
        this.problems.push('inline bucket too large');
      }
      this.buckets.set(
        name,
        pairs.map(([key, pairValue]) => [key, pairValue]),
      );
    }
    for (let id = 0; id < this.#pageCount; id++) {
      if (!this.#reached.has(id)) this.problems.push(`page ${id} not reached`);
    }
  }

  #inline(page: Buffer): [string, string, number][] {
    return [...this.#leaf(page)];
  }

  *#tree(id: number, depth: number): Generator<[string, string, number]> {
    this.depthMax = Math.max(this.depthMax, depth);
    const page = this.#page(id);
    const count = page.readUInt16LE(10);
    if (page.readUInt16LE(8) === 2) {
      yield* this.#leaf(page);
      return;
    }
    if (page.readUInt16LE(8) !== 1) this.problems.push(`page ${id} has a strange type`);
    if (count < 2) this.problems.push(`branch ${id} has ${count} children`);
    const keys: string[] = [];
    for (let i = 0; i < count; i++) {
      const at = 16 + i * 16;
      const start = at + page.readUInt32LE(at);
      keys.push(page.subarray(start, start + page.readUInt32LE(at + 4)).toString('hex'));
    }
    for (let i = 0; i < count; i++) {
      let isFirst = true;
      for (const element of this.#tree(Number(page.readBigUInt64LE(24 + i * 16)), depth + 1)) {
        const from = keys[i] ?? '';
        const to = keys[i + 1];
        if (isFirst && element[0] !== from) this.problems.push(`branch ${id}: wrong key ${i}`);
        if (to !== undefined && element[0] >= to)
          this.problems.push(`branch ${id}: key beyond ${i}`);
        isFirst = false;
        yield element;
      }
    }
  }

  *#leaf(page: Buffer): Generator<[string, string, number]> {
    let previous = '';
    let expected = 16 + page.readUInt16LE(10) * 16;
    for (let i = 0; i < page.readUInt16LE(10); i++) {
      const at = 16 + i * 16;
      const start = at + page.readUInt32LE(at + 4);
      const middle = start + page.readUInt32LE(at + 8);
      const end = middle + page.readUInt32LE(at + 12);
      if (start !== expected) this.problems.push('data not packed');
      expected = end;
      const key = page.subarray(start, middle).toString('hex');
      if (key <= previous) this.problems.push('keys do not ascend');
      previous = key;
      yield [key, page.subarray(middle, end).toString('hex'), page.readUInt32LE(at)];
    }
  }

  #page(id: number): Buffer {
    const at = id * this.#pageSize;
    if (Number(this.#bytes.readBigUInt64LE(at)) !== id) this.problems.push(`page ${id}: wrong id`);
    const overflow = this.#bytes.readUInt32LE(at + 12);
    for (let page = id; page <= id + overflow; page++) {
      if (this.#reached.has(page)) this.problems.push(`page ${page} reached twice`);
      this.#reached.add(page);
    }
    return this.#bytes.subarray(at, at + (1 + overflow) * this.#pageSize);
  }
}

function inlineSize(pairs: readonly [string, string, number][]): number {
  return pairs.reduce((sum, [key, value]) => sum + 16 + (key.length + value.length) / 2, 16);
}

export function checkBboltFile(bytes: Uint8Array): CheckedFile {
  const checker = new Checker(Buffer.from(bytes));
  checker.check();
  return checker;
}
