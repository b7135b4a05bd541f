// Owns the ids of requests. etcd: pkg/idutil. 16 bits of the member's id, 40 bits of the time in milliseconds and an
// 8-bit counter that overflows into the time, so that ids are unique across members and restarts. Kept as two
// numbers, because arithmetic on bigint would cost more than the rest of a proposal.

const LOW_LIMIT = 2 ** 48;
const TIME_LIMIT = 2 ** 40;

export class RequestIdGenerator {
  /** The member's part, the upper 16 bits. */
  readonly prefix: number;
  #suffix: number;

  constructor(memberId: bigint, nowMs: number) {
    this.prefix = Number(memberId & 0xffffn);
    this.#suffix = (Math.floor(nowMs) % TIME_LIMIT) * 256;
  }

  /** The next suffix, the lower 48 bits of the id. */
  nextSuffix(): number {
    this.#suffix = (this.#suffix + 1) % LOW_LIMIT;
    return this.#suffix;
  }

  /** The upper 32 bits of the id with this suffix. */
  high32(suffix: number): number {
    return ((this.prefix << 16) | Math.floor(suffix / 2 ** 32)) >>> 0;
  }

  /** A whole id, for the rare places that need it as one number. */
  next(): bigint {
    return (BigInt(this.prefix) << 48n) | BigInt(this.nextSuffix());
  }

  /** A lease id: positive and never zero. etcd: v3_server.go LeaseGrant. */
  nextLeaseId(): bigint {
    let id = 0n;
    while (id === 0n) id = this.next() & 0x7fffffffffffffffn;
    return id;
  }
}
