// Owns the transaction an API server of Kubernetes writes with: put the key if its revision is the one last seen, else
// read it. All clients share what they have seen, so most writes succeed and some meet another's.

import {
  CompareResult,
  CompareTarget,
  createCompare,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  decodeTxnResponse,
  encodeTxnRequest,
} from '../../server/proto/gen/rpc.ts';
import { type Keys, makeValue, Random } from './keys.ts';
import { type LoadOptions, Path, type Task } from './task.ts';

/** The revision that stands in the template: four bytes as a varint, patched with any smaller number in four bytes. */
const PLACEHOLDER = 2 ** 28 - 1;
const PLACEHOLDER_BYTES: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0x7f);

export class KubeTask implements Task {
  readonly path: string = Path.txn;
  readonly isStream: boolean = false;
  readonly #keys: Keys;
  readonly #revisions: Float64Array;
  readonly #message: Uint8Array;
  readonly #keyPlaces: readonly number[];
  readonly #revisionPlace: number;
  readonly #random: Random;
  #number: number;

  /** `revisions` holds the last revision seen of each key, and is shared by all clients. */
  constructor({ keys, valueBytes }: LoadOptions, client: number, revisions: Float64Array) {
    const key = keys.make(0);
    const value = makeValue(valueBytes, client);
    const [result, target] = [CompareResult.equal, CompareTarget.mod];
    const compare = [createCompare({ result, target, key, modRevision: PLACEHOLDER })];
    const success = [createRequestOp({ requestPut: createPutRequest({ key, value }) })];
    const failure = [createRequestOp({ requestRange: createRangeRequest({ key }) })];
    this.#keys = keys;
    this.#revisions = revisions;
    this.#message = Uint8Array.from(
      encodeTxnRequest(createTxnRequest({ compare, success, failure })),
    );
    this.#keyPlaces = placesOf(this.#message, key);
    this.#revisionPlace = placesOf(this.#message, PLACEHOLDER_BYTES)[0] ?? -1;
    if (this.#keyPlaces.length !== 3 || this.#revisionPlace < 0) throw new Error('odd template');
    this.#random = new Random(client + 1);
    this.#number = 0;
  }

  begin(): Uint8Array {
    this.#number = this.#random.below(this.#keys.count);
    for (let i = 0; i < this.#keyPlaces.length; i++) {
      this.#keys.write(this.#number, this.#message, this.#keyPlaces[i] as number);
    }
    const revision = this.#revisions[this.#number] as number;
    const at = this.#revisionPlace;
    // A varint may be longer than it must be.
    this.#message[at] = (revision & 0x7f) | 0x80;
    this.#message[at + 1] = ((revision >> 7) & 0x7f) | 0x80;
    this.#message[at + 2] = ((revision >> 14) & 0x7f) | 0x80;
    this.#message[at + 3] = (revision >> 21) & 0x7f;
    return this.#message;
  }

  take(bytes: Uint8Array, start: number, end: number): void {
    const { succeeded, header, responses } = decodeTxnResponse(bytes, start, end);
    const revision = succeeded
      ? header?.revision
      : responses[0]?.responseRange?.kvs[0]?.modRevision;
    this.#revisions[this.#number] = revision ?? 0;
  }

  next(): undefined {
    return undefined;
  }
}

function placesOf(message: Uint8Array, part: Uint8Array): number[] {
  const text = Buffer.from(message.buffer, message.byteOffset, message.length);
  const places: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}
