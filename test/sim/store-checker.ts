// Owns the comparison of the members' stores with the model and with each other.

import { executeRange } from '../../server/apply/range.ts';
import { isEtcdError } from '../../server/base/errors.ts';
import { decodeKeyValue, type KeyValue } from '../../server/proto/gen/kv.ts';
import { createRangeRequest } from '../../server/proto/gen/rpc.ts';
import { type Model, type ModelKv, textOf } from './model.ts';
import type { SimProcess } from './sim-process.ts';

const RECORDS_PER_STEP = 1000;

export class StoreChecker {
  readonly #fail: (what: string) => void;
  readonly #model: Model;
  /** Digests by revision and compact revision. */
  readonly #hashes: Map<string, { readonly hash: number; readonly member: number }> = new Map();
  hashesCompared = 0;

  constructor(fail: (what: string) => void, model: Model) {
    this.#fail = fail;
    this.#model = model;
  }

  /** After each task of a process: what it applied has made the numbers it must. */
  check(process: SimProcess): void {
    const { parts, seen, machine } = process;
    if (parts === undefined || !parts.store.isReady) return;
    const { node, store, lessor } = parts;
    const index = node.appliedIndex;
    if (index === seen.applied) return;
    if (index < seen.applied) this.#fail(`applied index of m${machine.number} fell to ${index}`);
    seen.applied = index;
    const expected = this.#model.after(index);
    if (expected === undefined) {
      this.#fail(`m${machine.number} applied ${index}, which is not committed`);
      return;
    }
    const { revision, compactRevision, leases } = expected;
    if (store.revision !== revision) {
      this.#fail(`m${machine.number} is at revision ${store.revision} instead of ${revision}`);
    }
    if (store.compactRevision !== compactRevision) {
      this.#fail(
        `m${machine.number} is compacted at ${store.compactRevision} instead of ${compactRevision}`,
      );
    }
    if (lessor.count !== leases) {
      this.#fail(`m${machine.number} has ${lessor.count} leases instead of ${leases}`);
    }
  }

  /** Every key the store holds now, against the model. */
  checkContent(process: SimProcess): void {
    const { parts, machine } = process;
    if (parts === undefined || !parts.store.isReady) return;
    const { store } = parts;
    const request = createRangeRequest({ key: new Uint8Array(1), rangeEnd: new Uint8Array(1) });
    const result = executeRange(store, request);
    const problem = compareRows(result.kvs, this.#model.range('\0', '\0', store.revision));
    if (problem !== undefined) this.#fail(`content of m${machine.number}: ${problem}`);
  }

  /** The digest at the store's revision, against every other digest of the same history. */
  checkHash(process: SimProcess, revision = 0): void {
    const { parts, machine } = process;
    if (parts === undefined || !parts.store.isReady) return;
    let job: ReturnType<typeof parts.store.hashKv>;
    try {
      job = parts.store.hashKv(revision);
    } catch (error) {
      if (isEtcdError(error)) return;
      throw error;
    }
    while (!job.step(RECORDS_PER_STEP));
    const { result } = job;
    if (result === undefined) return;
    // etcd: without a live key the digest also covers what compactions have not deleted yet, which differs between members.
    if (this.#model.range('\0', '\0', result.revision).length === 0) return;
    const key = `${result.revision}/${result.compactRevision}`;
    const known = this.#hashes.get(key);
    this.hashesCompared++;
    if (known === undefined) this.#hashes.set(key, { hash: result.hash, member: machine.number });
    else if (known.hash !== result.hash) {
      this.#fail(
        `HashKV at revision ${key} is ${result.hash} on m${machine.number}, ${known.hash} on m${known.member}`,
      );
    }
  }
}

/** The first difference between rows of a range and what they must be; undefined when there is none. */
export function compareRows(
  rows: readonly Uint8Array[],
  expected: readonly ModelKv[],
): string | undefined {
  if (rows.length !== expected.length) {
    const found = rows.map((row) => textOf(decodeKeyValue(row).key)).join(' ');
    return `${rows.length} keys instead of ${expected.length}: ${found}`;
  }
  for (let i = 0; i < rows.length; i++) {
    const problem = compareKv(decodeKeyValue(rows[i] as Uint8Array), expected[i] as ModelKv);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function compareKv(kv: KeyValue, expected: ModelKv): string | undefined {
  const key = textOf(kv.key);
  if (key !== expected.key) return `key ${key} instead of ${expected.key}`;
  if (
    kv.createRevision === expected.create &&
    kv.modRevision === expected.mod &&
    kv.version === expected.version &&
    kv.lease === expected.lease &&
    textOf(kv.value) === expected.value
  ) {
    return undefined;
  }
  return (
    `${key} is ${textOf(kv.value)} {${kv.createRevision} ${kv.modRevision} ${kv.version} ${kv.lease}}, ` +
    `must be ${expected.value} {${expected.create} ${expected.mod} ${expected.version} ${expected.lease}}`
  );
}
