// Owns the header blocks of the requests of one connection, as grpc-go would send them: a path's first call spells its
// fields out and puts them into the peer's dynamic table, later calls are seven bytes of references.

const STATIC_POST = 0x83;
const STATIC_HTTP = 0x86;
const INDEXING = 0x40;
const INDEXED = 0x80;
const FIRST_DYNAMIC = 62;

/** Static table places of names (RFC 7541 appendix A); 0: the name is spelled out. */
const NAME_INDEX: Readonly<Record<string, number>> = {
  ':authority': 1,
  ':path': 4,
  'content-type': 31,
  'user-agent': 58,
  te: 0,
};

type Field = readonly [name: string, value: string];

export class RequestBlocks {
  readonly #common: readonly Field[];
  /** Fields in the peer's table, oldest first. */
  readonly #table: string[];
  readonly #blocks: Map<string, Uint8Array>;

  constructor(authority: string) {
    this.#common = [
      [':authority', authority],
      ['content-type', 'application/grpc'],
      ['user-agent', 'grpc-go/1.75.0'],
      ['te', 'trailers'],
    ];
    this.#table = [];
    this.#blocks = new Map();
  }

  /** The block of the next request to a path. Must be sent in the order asked for. */
  next(path: string): Uint8Array {
    const known = this.#blocks.get(path);
    if (known !== undefined) return known;
    const fields: Field[] = [[':path', path], ...this.#common];
    if (fields.every((field) => this.#table.includes(keyOf(field)))) {
      const block = this.#encode(fields);
      this.#blocks.set(path, block);
      return block;
    }
    // This block changes the table, and with it the references of all others.
    this.#blocks.clear();
    return this.#encode(fields);
  }

  #encode(fields: readonly Field[]): Uint8Array {
    const bytes = [STATIC_POST, STATIC_HTTP];
    for (const field of fields) {
      const place = this.#table.indexOf(keyOf(field));
      if (place >= 0) {
        pushInteger(bytes, INDEXED, 7, FIRST_DYNAMIC + this.#table.length - 1 - place);
        continue;
      }
      const [name, value] = field;
      const nameIndex = NAME_INDEX[name] ?? 0;
      pushInteger(bytes, INDEXING, 6, nameIndex);
      if (nameIndex === 0) pushText(bytes, name);
      pushText(bytes, value);
      this.#table.push(keyOf(field));
    }
    return Uint8Array.from(bytes);
  }
}

function keyOf([name, value]: Field): string {
  return `${name}: ${value}`;
}

function pushText(bytes: number[], text: string): void {
  pushInteger(bytes, 0, 7, text.length);
  for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i));
}

/** RFC 7541 section 5.1. */
function pushInteger(bytes: number[], pattern: number, prefixBits: number, value: number): void {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) {
    bytes.push(pattern | value);
    return;
  }
  bytes.push(pattern | limit);
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}
