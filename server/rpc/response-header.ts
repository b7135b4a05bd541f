// Owns the header every answer starts with: cluster, member, revision and term. The ids never change and the same
// revision is written many times under read load, so the encoded header is kept until revision or term move.

import { sizeUint32, writeId, writeInt64, writeUint32, writeUint64 } from '../proto/writer.ts';

/** Two ids of at most 11 bytes with their tags, revision and term the same. */
const HEADER_BYTES_MAX = 48;

/** Encodes ResponseHeader as field 1 of a response. */
export class ResponseHeaderWriter {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly #term: () => number;
  readonly #bytes: Uint8Array = new Uint8Array(HEADER_BYTES_MAX);
  readonly #idsLength: number;
  #length: number;
  #revision = -1;
  #termWritten = -1;

  constructor(clusterId: bigint, memberId: bigint, term: () => number) {
    this.clusterId = clusterId;
    this.memberId = memberId;
    this.#term = term;
    let offset = 0;
    if (clusterId !== 0n) {
      this.#bytes[offset++] = 0x08;
      offset = writeId(clusterId, this.#bytes, offset);
    }
    if (memberId !== 0n) {
      this.#bytes[offset++] = 0x10;
      offset = writeId(memberId, this.#bytes, offset);
    }
    this.#idsLength = offset;
    this.#length = offset;
  }

  /** Bytes of the whole field; `revision` 0 is left out, as some services do. */
  sizeBytes(revision: number): number {
    this.#prepare(revision);
    return 1 + sizeUint32(this.#length) + this.#length;
  }

  write(revision: number, out: Uint8Array, offset: number): number {
    this.#prepare(revision);
    out[offset] = 0x0a;
    let o = writeUint32(this.#length, out, offset + 1);
    for (let i = 0; i < this.#length; i++) out[o++] = this.#bytes[i] as number;
    return o;
  }

  /** The header as an object, for the generated encoders. */
  header(revision: number): ResponseHeaderFields {
    return {
      clusterId: this.clusterId,
      memberId: this.memberId,
      revision,
      raftTerm: this.#term(),
    };
  }

  #prepare(revision: number): void {
    const term = this.#term();
    if (revision === this.#revision && term === this.#termWritten) return;
    let o = this.#idsLength;
    if (revision !== 0) {
      this.#bytes[o++] = 0x18;
      o = writeInt64(revision, this.#bytes, o);
    }
    if (term !== 0) {
      this.#bytes[o++] = 0x20;
      o = writeUint64(term, this.#bytes, o);
    }
    this.#length = o;
    this.#revision = revision;
    this.#termWritten = term;
  }
}

/** etcdserverpb.ResponseHeader. */
export interface ResponseHeaderFields {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly revision: number;
  readonly raftTerm: number;
}
