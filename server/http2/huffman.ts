// Owns the string code of HPACK (RFC 7541 appendix B). The code is canonical: codes of one length
// are consecutive and in symbol order, so the lengths alone define it. Decoding walks four bits at
// a time through a table built from them.

/** Bits of each octet's code; the 257th is the end-of-string symbol. */
// biome-ignore format: sixteen octets per row
const CODE_BITS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const END_OF_STRING = 256;
const CODES: Uint32Array = buildCodes();

function buildCodes(): Uint32Array {
  const symbols = CODE_BITS.map((_, symbol) => symbol);
  symbols.sort((a, b) => (CODE_BITS[a] as number) - (CODE_BITS[b] as number) || a - b);
  const codes = new Uint32Array(CODE_BITS.length);
  let code = 0;
  let bits = CODE_BITS[symbols[0] as number] as number;
  for (const symbol of symbols) {
    const symbolBits = CODE_BITS[symbol] as number;
    code <<= symbolBits - bits;
    bits = symbolBits;
    codes[symbol] = code++;
  }
  return codes;
}

// A step's entry: bits 0-7 the next state, bits 8-15 the octet completed on the way, then these
// flags.
const EMITS = 1 << 16;
const FAILS = 1 << 17;
/** States: the inner nodes of the code tree, 0 is the root. */
const STEPS: Int32Array = new Int32Array(256 * 16);
/** 1 where the input may end: within seven one-bits of a whole symbol (section 5.2). */
const MAY_END: Uint8Array = new Uint8Array(256);
buildSteps();

function buildSteps(): void {
  // children[2 * node + bit]: a node above 0, or -1 - symbol; 0 is not built yet.
  const children: number[] = [0, 0];
  for (let symbol = 0; symbol < CODE_BITS.length; symbol++) {
    let node = 0;
    for (let bit = (CODE_BITS[symbol] as number) - 1; bit > 0; bit--) {
      const slot = 2 * node + (((CODES[symbol] as number) >>> bit) & 1);
      let next = children[slot] as number;
      if (next === 0) {
        next = children.length / 2;
        children[slot] = next;
        children.push(0, 0);
      }
      node = next;
    }
    children[2 * node + ((CODES[symbol] as number) & 1)] = -1 - symbol;
  }
  for (let state = 0; state < children.length / 2; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      STEPS[state * 16 + nibble] = buildStep(children, state, nibble);
    }
  }
  let node = 0;
  for (let depth = 0; depth < 8; depth++) {
    MAY_END[node] = 1;
    node = children[2 * node + 1] as number;
  }
}

function buildStep(children: readonly number[], state: number, nibble: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = children[2 * node + ((nibble >>> bit) & 1)] as number;
    if (next >= 0) {
      node = next;
      continue;
    }
    const symbol = -1 - next;
    if (symbol === END_OF_STRING) return FAILS;
    emitted = EMITS | (symbol << 8);
    node = 0;
  }
  return emitted | node;
}

/**
 * Decodes `bytes[start, end)` to a text of one character per octet; undefined when the input is not
 * a legal code.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  let state = 0;
  for (let i = start; i < end; i++) {
    const octet = bytes[i] as number;
    let step = STEPS[(state << 4) | (octet >>> 4)] as number;
    if ((step & EMITS) !== 0) text += String.fromCharCode((step >>> 8) & 0xff);
    if ((step & FAILS) !== 0) return undefined;
    step = STEPS[((step & 0xff) << 4) | (octet & 0xf)] as number;
    if ((step & EMITS) !== 0) text += String.fromCharCode((step >>> 8) & 0xff);
    if ((step & FAILS) !== 0) return undefined;
    state = step & 0xff;
  }
  return MAY_END[state] === 1 ? text : undefined;
}

/** Octets that `text` takes when coded. */
export function huffmanBytes(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_BITS[text.charCodeAt(i) & 0xff] as number;
  return (bits + 7) >>> 3;
}

/** Writes the code of `text` at `at` of a buffer with room for it; returns the offset after it. */
export function writeHuffman(buffer: Uint8Array, at: number, text: string): number {
  let offset = at;
  // At most seven bits wait between symbols. A code has up to 30 bits, so long ones go in two parts
  // to stay in 32.
  let waiting = 0;
  let waitingBits = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i) & 0xff;
    const code = CODES[octet] as number;
    let bits = CODE_BITS[octet] as number;
    while (bits > 0) {
      const part = bits > 16 ? bits - 16 : bits;
      bits -= part;
      waiting = (waiting << part) | ((code >>> bits) & ((1 << part) - 1));
      waitingBits += part;
      while (waitingBits >= 8) {
        waitingBits -= 8;
        buffer[offset++] = waiting >>> waitingBits;
      }
      waiting &= (1 << waitingBits) - 1;
    }
  }
  if (waitingBits > 0) {
    const fill = 8 - waitingBits;
    buffer[offset++] = (waiting << fill) | ((1 << fill) - 1);
  }
  return offset;
}
