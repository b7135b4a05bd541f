// Owns the leader's side of connections that carry renewals of leases: followers send thousands in a second, one behind the
// other, and node:http would take more time for each than all the rest of it. A connection that turns out to carry
// something else goes on with node:http, from the first request that is no renewal.

import type { Socket } from 'node:net';
import { concatBytes, equalBytes, utf8Bytes } from '../../base/bytes.ts';
import { isEtcdError } from '../../base/errors.ts';
import { decodeLeaseKeepAliveRequest, encodeLeaseKeepAliveResponse } from '../../proto/gen/rpc.ts';
import { DecodeError } from '../../proto/reader.ts';
import { type Head, HeadedReader } from './headed-reader.ts';
import { leaseProblem } from './lease-problem.ts';
import { RENEWALS_ANSWERING_MAX, REQUEST_HEAD_BYTES_MAX, SERVER_KEEP_ALIVE_MS } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';
import {
  maybeRenewalHead,
  RENEWAL_REQUEST_LINE,
  refusedAnswer,
  renewedHead,
} from './renewal-heads.ts';
import type { PeerNodePort } from './types.ts';

type Renewer = Pick<PeerNodePort, 'renewLease'>;

const FIRST_LINE: Uint8Array = utf8Bytes(`${RENEWAL_REQUEST_LINE}\r\n`);

/**
 * Takes `socket` if its first bytes are those of a renewal. `giveBack` is called when something else comes: nobody listens
 * to the socket's data by then, and everything before is answered.
 */
export function maybeServeRenewals(
  node: Renewer,
  socket: Socket,
  first: Uint8Array,
  giveBack: (bytes: Uint8Array) => void,
): boolean {
  if (!equalBytes(first.subarray(0, FIRST_LINE.length), FIRST_LINE)) return false;
  new RenewalsOfPeer(node, socket, giveBack).receive(first);
  return true;
}

class RenewalsOfPeer {
  readonly #node: Renewer;
  readonly #socket: Socket;
  readonly #giveBack: (bytes: Uint8Array) => void;
  readonly #reader: HeadedReader<Head>;
  /** Answers in the order of their requests; undefined for one that is not known yet. */
  readonly #answers: (readonly Uint8Array[] | undefined)[] = [];
  /** How many answers have left: the number of the first one in the list. */
  #answered = 0;
  #isFlushPlanned = false;
  #isHeldBack = false;
  #isOver = false;
  readonly #onData = (chunk: Uint8Array): void => this.receive(chunk);
  readonly #onDrain = (): void => this.#goOn();
  readonly #onClose = (): void => {
    this.#isOver = true;
  };
  readonly #onTimeout = (): void => {
    this.#socket.destroy();
  };

  constructor(node: Renewer, socket: Socket, giveBack: (bytes: Uint8Array) => void) {
    this.#node = node;
    this.#socket = socket;
    this.#giveBack = giveBack;
    this.#reader = new HeadedReader({
      parse: maybeRenewalHead,
      headBytesMax: REQUEST_HEAD_BYTES_MAX,
    });
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onClose);
    socket.setTimeout(SERVER_KEEP_ALIVE_MS, this.#onTimeout);
  }

  receive(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    this.#read();
  }

  #read(): void {
    while (!this.#isOver && this.#hasRoom()) {
      const head = this.#next();
      if (head === undefined) break;
      const { bytes, bodyStart, bodyEnd } = this.#reader;
      this.#ask(bytes, bodyStart, bodyEnd);
    }
    if (this.#reader.isForeign) this.#leave();
    else if (!this.#hasRoom()) this.#holdBack();
  }

  #next(): Head | undefined {
    try {
      return this.#reader.next();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#socket.destroy();
      return undefined;
    }
  }

  #hasRoom(): boolean {
    return this.#answers.length < RENEWALS_ANSWERING_MAX && !this.#socket.writableNeedDrain;
  }

  /** A peer that does not read its answers is not read from either. */
  #holdBack(): void {
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    this.#socket.pause();
  }

  #ask(bytes: Uint8Array, start: number, end: number): void {
    const number = this.#answered + this.#answers.length;
    this.#answers.push(undefined);
    let id: bigint;
    try {
      ({ id } = decodeLeaseKeepAliveRequest(bytes, start, end));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#answer(number, [refusedAnswer(400, 'error unmarshalling request')]);
      return;
    }
    this.#node.renewLease(id, (outcome) => {
      if (isEtcdError(outcome)) {
        const { status, text } = leaseProblem(outcome, 400);
        this.#answer(number, [refusedAnswer(status, text)]);
        return;
      }
      const body = encodeLeaseKeepAliveResponse({ header: undefined, id, ttl: outcome.ttl });
      this.#answer(number, [renewedHead(body.length), body]);
    });
  }

  #answer(number: number, parts: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    this.#answers[number - this.#answered] = parts;
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    // Answers of one turn become known in one go of the node's loop, and leave together behind it.
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushPlanned = false;
    if (this.#isOver) return;
    const parts: Uint8Array[] = [];
    let count = 0;
    for (let answer = this.#answers[0]; answer !== undefined; answer = this.#answers[++count]) {
      for (const part of answer) parts.push(part);
    }
    if (count === 0) return;
    this.#answers.splice(0, count);
    this.#answered += count;
    this.#socket.write(concatBytes(parts));
    this.#goOn();
  }

  #goOn(): void {
    if (this.#reader.isForeign) {
      this.#leave();
      return;
    }
    if (!this.#isHeldBack || !this.#hasRoom()) return;
    this.#isHeldBack = false;
    this.#read();
    if (!this.#isHeldBack) this.#socket.resume();
  }

  /** Hands the connection over once everything before the foreign request is answered. */
  #leave(): void {
    this.#holdBack();
    if (this.#isOver || this.#answers.length > 0) return;
    this.#isOver = true;
    const socket = this.#socket;
    socket.removeListener('data', this.#onData);
    socket.removeListener('drain', this.#onDrain);
    socket.removeListener('close', this.#onClose);
    socket.removeListener('timeout', this.#onTimeout);
    socket.setTimeout(0);
    this.#giveBack(this.#reader.rest());
  }
}
