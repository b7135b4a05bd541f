// Owns clients that put, delete, compare, read and compact. Every answer is checked against the model: writes by the
// entry they became, reads by the revision they claim, and both by what was acknowledged before they began.

import type { RangeResult } from '../../server/apply/result.ts';
import { type EtcdError, isEtcdError } from '../../server/base/errors.ts';
import { decodeKeyValue } from '../../server/proto/gen/kv.ts';
import {
  type CompareResult,
  CompareTarget,
  createCompare,
  createDeleteRangeRequest,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  encodeCompactionRequest,
  encodeDeleteRangeRequest,
  encodePutRequest,
  encodeTxnRequest,
  type RangeRequest,
  type RequestOp,
} from '../../server/proto/gen/rpc.ts';
import { PayloadField } from '../../server/proto/payload-field.ts';
import type { Clients, WriteEnd } from './client.ts';
import { type ModelKv, textOf } from './model.ts';
import { pick } from './scenario.ts';
import { compareKv, compareRows } from './store-checker.ts';

/** The longest pause between two requests in tense moments. */
const HURRY_US = 20_000;

export class KvWorkload {
  readonly #clients: Clients;
  #values = 0;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  start(): void {
    const { world } = this.#clients;
    for (let i = 0; i < world.scenario.clients; i++) this.#think();
    world.onTense = () => this.#hurry();
  }

  /** Requests by clients that did not ask before: the others soon wait for a member that nobody hears. */
  #hurry(): void {
    const { world, prng, isStopped } = this.#clients;
    if (!world.isTense || isStopped) return;
    this.#act(() => undefined);
    world.queue.after(prng.below(HURRY_US), () => this.#hurry());
  }

  #think(): void {
    const { world, prng } = this.#clients;
    const pauseUs = -Math.log(1 - prng.unit()) * world.scenario.thinkUs;
    world.queue.after(pauseUs, () => {
      if (this.#clients.isStopped) return;
      this.#act(() => this.#think());
    });
  }

  #act(done: () => void): void {
    const { prng } = this.#clients;
    const { compactions } = this.#clients.world.scenario;
    const dice = prng.unit();
    if (dice < 0.35) this.#put(done);
    else if (dice < 0.45) this.#delete(done);
    else if (dice < 0.6) this.#txn(done);
    else if (dice < 0.63 && compactions) this.#compact(done);
    else this.#read(done);
  }

  // ---- writes

  #put(done: () => void): void {
    const request = this.#putRequest(true);
    const raw = encodePutRequest(request);
    this.#clients.write('put', this.#clients.anyMachine(), PayloadField.put, raw, (end) => {
      if (end.kind === 'done' && end.result.kind === 'put' && request.prevKv) {
        const { prevKv } = end.result;
        this.#checkPrevious('put', prevKv === undefined ? [] : [prevKv], end);
      }
      done();
    });
  }

  #delete(done: () => void): void {
    const raw = encodeDeleteRangeRequest(this.#deleteRequest());
    const machine = this.#clients.anyMachine();
    this.#clients.write('delete', machine, PayloadField.deleteRange, raw, (end) => {
      if (end.kind === 'done' && end.result.kind === 'deleteRange') {
        if (end.result.deleted !== end.model.deleted) {
          this.#fail(`delete took ${end.result.deleted} keys instead of ${end.model.deleted}`);
        }
        this.#checkPrevious('delete', end.result.prevKvs, end);
      }
      done();
    });
  }

  #txn(done: () => void): void {
    const { prng, floorRevision } = this.#clients;
    const compare = Array.from({ length: prng.below(3) }, () => {
      const target = pick(prng, [
        CompareTarget.version,
        CompareTarget.create,
        CompareTarget.mod,
        CompareTarget.value,
      ]);
      const near = Math.max(0, floorRevision - prng.below(20));
      return createCompare({
        key: this.#key(),
        target,
        result: prng.below(4) as typeof CompareResult.equal,
        version: prng.below(5),
        createRevision: near,
        modRevision: near,
        value: bytesOf(`v${Math.max(0, this.#values - prng.below(20))}`),
      });
    });
    const request = createTxnRequest({
      compare,
      success: this.#ops(),
      failure: this.#ops(),
    });
    const machine = this.#clients.anyMachine();
    const raw = encodeTxnRequest(request);
    this.#clients.write('txn', machine, PayloadField.txn, raw, (end) => {
      if (end.kind === 'done' && end.result.kind === 'txn') {
        if (end.result.succeeded !== end.model.succeeded) {
          this.#fail(`txn at index ${end.model.index} took the wrong branch`);
        }
      }
      done();
    });
  }

  /** Operations on different keys: what the service layer lets through. */
  #ops(): RequestOp[] {
    const { prng } = this.#clients;
    const keys = new Set<number>();
    const ops: RequestOp[] = [];
    for (let i = prng.below(4); i > 0; i--) {
      const number = prng.below(this.#clients.world.scenario.keys);
      if (keys.has(number)) continue;
      keys.add(number);
      const key = keyOf(number);
      if (prng.chance(0.7)) {
        ops.push(createRequestOp({ requestPut: { ...this.#putRequest(false), key } }));
      } else if (prng.chance(0.5)) {
        ops.push(createRequestOp({ requestDeleteRange: createDeleteRangeRequest({ key }) }));
      } else {
        ops.push(createRequestOp({ requestRange: createRangeRequest({ key }) }));
      }
    }
    return ops;
  }

  #compact(done: () => void): void {
    const clients = this.#clients;
    const revision = Math.max(1, clients.floorRevision - clients.prng.below(30));
    const raw = encodeCompactionRequest({ revision, physical: false });
    const machine = clients.anyMachine();
    clients.write('compact', machine, PayloadField.compaction, raw, (end) => {
      if (end.kind === 'done') clients.floorCompact = Math.max(clients.floorCompact, revision);
      done();
    });
  }

  // ---- reads

  #read(done: () => void): void {
    const { prng } = this.#clients;
    const clients = this.#clients;
    const isLinearizable = prng.chance(0.7);
    const what = isLinearizable ? 'read' : 'serializable read';
    const request = this.#rangeRequest();
    const floor = isLinearizable ? clients.floorRevision : 0;
    const floorCompact = isLinearizable ? clients.floorCompact : -1;
    clients.call(
      what,
      clients.anyMachine(),
      ({ node, reader }, reply, process) => {
        const range = (): void =>
          reader.range(request, (result) => {
            // The change that leaves one voter commits what follows it at once: applied and read within the same task.
            clients.world.observe(process);
            this.#checkRead(what, request, result, floor, floorCompact);
            reply(() => {
              if (!isEtcdError(result) && isLinearizable) clients.learned(result.revision);
              done();
            });
          });
        if (!isLinearizable) {
          range();
          return;
        }
        node.readIndex({
          onReadable: (error) => {
            if (error === undefined) range();
            else {
              clients.count(`read ${error.code}`);
              reply(done);
            }
          },
        });
      },
      done,
    );
  }

  #checkRead(
    what: string,
    request: RangeRequest,
    result: RangeResult | EtcdError,
    floor: number,
    floorCompact: number,
  ): void {
    const { world } = this.#clients;
    if (isEtcdError(result)) {
      this.#clients.count(`${what} ${result.code}`);
      if (result.code === 'futureRev' && request.revision <= floor) {
        this.#fail(
          `${what} of revision ${request.revision} is in the future, acknowledged ${floor}`,
        );
      }
      if (result.code === 'compacted' && request.revision >= world.model.compactRevision) {
        this.#fail(`${what} of revision ${request.revision} is compacted without a compaction`);
      }
      return;
    }
    this.#clients.count(`${what} ok`);
    if (result.revision < floor) {
      this.#fail(`stale ${what}: revision ${result.revision}, acknowledged before it: ${floor}`);
    }
    if (request.revision > 0 && request.revision < floorCompact) {
      this.#fail(`${what} of revision ${request.revision}, which was compacted at ${floorCompact}`);
    }
    const revision = request.revision > 0 ? request.revision : result.revision;
    const expected = world.model.range(textOf(request.key), textOf(request.rangeEnd), revision);
    if (result.count !== expected.length) {
      this.#fail(
        `${what} counts ${result.count} keys at ${revision} instead of ${expected.length}`,
      );
    }
    const rows = request.limit > 0 ? expected.slice(0, request.limit) : expected;
    if (result.more !== rows.length < expected.length) this.#fail(`${what} says more wrongly`);
    const problem = compareRows(result.kvs, rows);
    if (problem !== undefined) this.#fail(`${what} at revision ${revision}: ${problem}`);
  }

  // ---- requests

  #rangeRequest(): RangeRequest {
    const { prng, floorRevision } = this.#clients;
    const isOld = prng.chance(0.2) && floorRevision > 1;
    return createRangeRequest({
      ...this.#span(),
      revision: isOld ? Math.max(1, floorRevision - prng.below(40)) : 0,
      limit: prng.chance(0.2) ? prng.between(1, 5) : 0,
    });
  }

  #putRequest(mayFail: boolean): ReturnType<typeof createPutRequest> {
    const { prng, leases } = this.#clients;
    const lease = prng.chance(0.25) && leases.size > 0 ? pick(prng, [...leases]) : 0n;
    return createPutRequest({
      key: this.#key(),
      value: bytesOf(`v${++this.#values}`),
      lease: mayFail || lease === 0n ? lease : 0n,
      prevKv: mayFail && prng.chance(0.3),
      ignoreLease: mayFail && lease === 0n && prng.chance(0.05),
    });
  }

  #deleteRequest(): ReturnType<typeof createDeleteRangeRequest> {
    const { prng } = this.#clients;
    const span = prng.chance(0.7) ? { key: this.#key() } : this.#span();
    return createDeleteRangeRequest({ ...span, prevKv: prng.chance(0.3) });
  }

  #span(): { readonly key: Uint8Array; readonly rangeEnd: Uint8Array } {
    const { prng, world } = this.#clients;
    const from = prng.below(world.scenario.keys);
    const dice = prng.unit();
    if (dice < 0.4) return { key: keyOf(from), rangeEnd: new Uint8Array(0) };
    if (dice < 0.8) return { key: keyOf(from), rangeEnd: keyOf(from + prng.between(1, 10)) };
    return { key: bytesOf('\0'), rangeEnd: bytesOf('\0') };
  }

  #key(): Uint8Array {
    return keyOf(this.#clients.prng.below(this.#clients.world.scenario.keys));
  }

  #checkPrevious(what: string, found: readonly Uint8Array[], end: WriteEnd): void {
    if (end.kind !== 'done') return;
    const expected = end.model.previous.filter((kv): kv is ModelKv => kv !== undefined);
    if (found.length !== expected.length) {
      this.#fail(`${what} answers ${found.length} previous keys instead of ${expected.length}`);
      return;
    }
    found.forEach((bytes, i) => {
      const problem = compareKv(decodeKeyValue(bytes), expected[i] as ModelKv);
      if (problem !== undefined) this.#fail(`${what}, previous key: ${problem}`);
    });
  }

  #fail(what: string): void {
    this.#clients.world.fail(what, undefined);
  }
}

export function keyOf(number: number): Uint8Array {
  return bytesOf(`key${String(number).padStart(3, '0')}`);
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
