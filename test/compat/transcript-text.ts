// Owns the text of transcripts: reading a script, and taking out of an output what two servers may rightly differ in.

/** Commands for the shell, with what to start the servers with. */
export interface Script {
  readonly flags: readonly string[];
  /** Whether both servers' hashes are compared after every block. */
  readonly compareHash: boolean;
  /** Each runs as a whole against one server and then the other. */
  readonly blocks: readonly string[];
}

/** Lines are commands; "#" starts a comment line, and "# flags:" and "# hash: off" are settings. */
export function parseScript(text: string): Script {
  const lines = text.split('\n');
  const setting = (name: string): string | undefined =>
    lines
      .find((line) => line.startsWith(`# ${name}:`))
      ?.slice(name.length + 3)
      .trim();
  return {
    flags: setting('flags')?.split(' ') ?? [],
    compareHash: setting('hash') !== 'off',
    blocks: lines.filter((line) => line.trim() !== '' && !line.startsWith('#')),
  };
}

/** What differs from run to run or from server to server without meaning anything. */
const REPLACED: readonly (readonly [pattern: RegExp, by: string])[] = [
  // Log lines of the client.
  [/"ts":"[^"]*"/g, '"ts":"TIME"'],
  [/etcd-endpoints:\/\/0x[0-9a-f]+/g, 'etcd-endpoints://POINTER'],
  [/127\.0\.0\.1:\d+/g, 'ENDPOINT'],
  [/took = \S+/g, 'took = TIME'],
  [/"took":"[^"]*"/g, '"took":"TIME"'],
  [/took \S+s\b/g, 'took TIME'],
  // The log is each server's own affair; so is the size of its files.
  [
    /"(raft_?[iI]ndex|raft_?[aA]pplied_?[iI]ndex|db_?[sS]ize|db_?[sS]ize_?[iI]n_?[uU]se)":\s?\d+/g,
    '"$1":N',
  ],
  [/"(RaftIndex|RaftAppliedIndex|DBSize|DBSizeInUse)" : \d+/g, '"$1" : N'],
  [/"version":"\d+\.\d+\.\d+"/g, '"version":"V"'],
  [/"Version" : "\d+\.\d+\.\d+"/g, '"Version" : "V"'],
  [
    /, \d+\.\d+\.\d+, [\d.]+ [kM]?B, (true|false), (true|false), (\d+), \d+, \d+,/g,
    ', V, SIZE, $1, $2, $3, N, N,',
  ],
  [/remaining\(\d+s\)/g, 'remaining(TIME)'],
  [/"ttl":\d+/g, '"ttl":TIME'],
];

/** The keys of a lease: etcd walks a map of them, which Go does in another order each time. */
const ATTACHED_KEYS = /(?<=attached keys\(\[)[^\]]*/g;

/** Ids of leases, in every form they are printed in: hex, decimal, and bytes of a protobuf dump are not. */
const LEASE_ID = /\b(?:[0-9a-f]{16}|\d{18,19})\b/g;

/** Replaces lease ids by their order of appearance, beginning with those of earlier outputs of this server. */
export class Normalizer {
  readonly #names: Map<string, string>;

  constructor(known: Iterable<string>) {
    this.#names = new Map();
    // Ids of members and the cluster are equal on both sides and stay.
    for (const id of known) this.#names.set(id, id);
  }

  normalize(output: string): string {
    let text = output;
    for (const [pattern, by] of REPLACED) text = text.replaceAll(pattern, by);
    text = text.replaceAll(ATTACHED_KEYS, (keys) => keys.split(' ').sort().join(' '));
    return text.replaceAll(LEASE_ID, (id) => this.#nameOf(id));
  }

  #nameOf(id: string): string {
    if (this.#names.has(id)) return this.#names.get(id) ?? id;
    // One id in decimal and in hex is one lease.
    const other = /^\d{18,19}$/.test(id) ? BigInt(id).toString(16) : BigInt(`0x${id}`).toString();
    const name = this.#names.get(other) ?? `ID${this.#names.size}`;
    this.#names.set(id, name);
    return name;
  }
}
