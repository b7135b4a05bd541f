// Owns the record of a run: every event goes into one running hash, so that two runs can be compared, and the last ones
// are kept in readable form for the report of a failure.

const KEPT = 400;

/** One line of the record. */
interface Line {
  atUs: number;
  who: number;
  what: string;
  a: number;
  b: number;
  c: number;
}

export class Trace {
  readonly #now: () => number;
  readonly #codes: Map<string, number> = new Map();
  readonly #lines: Line[] = [];
  #hash = 0x811c9dc5;
  #hashHigh = 0x1234567;
  #count = 0;
  /** Told every line as it comes; for debugging. */
  echo: ((text: string) => void) | undefined = undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get count(): number {
    return this.#count;
  }

  /** What happened, to whom (0 for the world), with up to three numbers. `what` must come from a small set. */
  add(what: string, who: number, a = 0, b = 0, c = 0): void {
    const atUs = this.#now();
    let code = this.#codes.get(what);
    if (code === undefined) {
      code = textCode(what);
      this.#codes.set(what, code);
    }
    this.#mix(code + who);
    this.#mix(atUs % 0x7fffffff);
    this.#mix(a);
    this.#mix(b);
    this.#mix(c);
    const at = this.#count % KEPT;
    const line = this.#lines[at];
    if (line === undefined) {
      this.#lines[at] = { atUs, who, what, a, b, c };
    } else {
      line.atUs = atUs;
      line.who = who;
      line.what = what;
      line.a = a;
      line.b = b;
      line.c = c;
    }
    this.#count++;
    this.echo?.(lineText({ atUs, who, what, a, b, c }));
  }

  /** The hash of everything so far. */
  digest(): string {
    const low = (this.#hash >>> 0).toString(16).padStart(8, '0');
    const high = (this.#hashHigh >>> 0).toString(16).padStart(8, '0');
    return `${high}${low}:${this.#count}`;
  }

  /** The last lines, oldest first. */
  tail(count: number): string[] {
    const from = Math.max(0, this.#count - Math.min(count, KEPT));
    const lines: string[] = [];
    for (let i = from; i < this.#count; i++) {
      const line = this.#lines[i % KEPT];
      if (line !== undefined) lines.push(lineText(line));
    }
    return lines;
  }

  #mix(value: number): void {
    const low = value | 0;
    const high = (value / 2 ** 32) | 0;
    this.#hash = Math.imul(this.#hash ^ low, 0x01000193) ^ high;
    this.#hashHigh = Math.imul(
      (this.#hashHigh << 5) ^ (this.#hashHigh >>> 3) ^ this.#hash,
      0x9e3779b1,
    );
  }
}

function textCode(text: string): number {
  let code = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) code = Math.imul(code ^ text.charCodeAt(i), 0x01000193);
  return code >>> 0;
}

function lineText({ atUs, who, what, a, b, c }: Line): string {
  const seconds = (atUs / 1e6).toFixed(6).padStart(12);
  const name = who === 0 ? '   ' : `m${who} `;
  const numbers = c !== 0 ? ` ${a} ${b} ${c}` : b !== 0 ? ` ${a} ${b}` : ` ${a}`;
  return `${seconds} ${name} ${what}${numbers}`;
}
