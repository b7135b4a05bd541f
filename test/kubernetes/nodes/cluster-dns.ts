// Owns the DNS server of the cluster: it follows Services and Endpoints, and answers from what it knows.
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isJson, type Json, listAt, recordAt, textAt } from '../../../operator/kube/decode.ts';
import type { Rest } from '../../../operator/kube/rest.ts';
import { readQuestion, writeAnswer } from './dns-message.ts';
import { addressesOf } from './dns-zone.ts';

const PORT = 53;
const AGAIN_MS = 300;
const WATCH_MS = 300_000;

export class ClusterDns {
  readonly #rest: Rest;
  readonly #services: Map<string, Json>;
  readonly #endpoints: Map<string, Json>;
  readonly #udp: Socket;
  readonly #tcp: Server;
  readonly #end: AbortController;

  constructor(rest: Rest) {
    this.#rest = rest;
    this.#services = new Map();
    this.#endpoints = new Map();
    this.#end = new AbortController();
    this.#udp = createSocket('udp4', (bytes, { port, address }) => {
      const answer = this.#answer(bytes);
      if (answer !== undefined) this.#udp.send(answer, port, address);
    });
    this.#tcp = createServer((socket) => {
      let read = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        read = Buffer.concat([read, chunk]);
        while (read.length >= 2 && read.length >= 2 + read.readUInt16BE(0)) {
          const end = 2 + read.readUInt16BE(0);
          const answer = this.#answer(read.subarray(2, end)) ?? Buffer.alloc(0);
          read = read.subarray(end);
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          socket.write(Buffer.concat([length, answer]));
        }
      });
    });
  }

  /** Fulfilled when it listens. */
  async start(address: string): Promise<void> {
    void this.#follow('/api/v1/services', this.#services);
    void this.#follow('/api/v1/endpoints', this.#endpoints);
    await new Promise<void>((done, reject) => {
      this.#udp.once('error', reject).bind(PORT, address, () => done());
    });
    await new Promise<void>((done, reject) => {
      this.#tcp.once('error', reject).listen(PORT, address, () => done());
    });
  }

  stop(): void {
    this.#end.abort();
    this.#udp.close();
    this.#tcp.close();
  }

  #answer(bytes: Buffer): Buffer | undefined {
    const question = readQuestion(bytes);
    if (question === undefined) return undefined;
    const objects = { services: this.#services, endpoints: this.#endpoints };
    return writeAnswer(bytes, question, addressesOf(question.name, objects));
  }

  /** Until the end: lists, and watches from there. */
  async #follow(path: string, objects: Map<string, Json>): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        const list = await this.#rest.request({ method: 'GET', path, signal });
        if (isJson(list)) await this.#watch(path, list, objects);
      } catch {
        // The API server may be away; what is known holds.
      }
      await pause(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #watch(path: string, list: Json, objects: Map<string, Json>): Promise<void> {
    objects.clear();
    for (const object of listAt(list, 'items')) objects.set(keyOf(object), object);
    const resourceVersion = textAt(recordAt(list, 'metadata'), 'resourceVersion') ?? '';
    const query = { watch: true, resourceVersion };
    const request = { method: 'GET', path, query, timeoutMs: WATCH_MS } as const;
    for await (const line of this.#rest.lines(request, this.#end.signal)) {
      const change: unknown = JSON.parse(line);
      if (!isJson(change) || change['type'] === 'ERROR') return;
      const object = recordAt(change, 'object');
      if (change['type'] === 'DELETED') objects.delete(keyOf(object));
      else objects.set(keyOf(object), object);
    }
  }
}

function keyOf(object: Json): string {
  const metadata = recordAt(object, 'metadata');
  return `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`;
}
