// Goal: other implementations understand the engine. Method: the engine behind a socket on
// 127.0.0.1, spoken to by Node's HTTP/2 client (nghttp2) and by grpc-js. A failure means that the
// engine agrees with its own tests only.

import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import { concatBytes } from '../../../server/base/bytes.ts';
import { ServerConnection } from '../../../server/http2/connection.ts';
import type { HeaderField, RequestHead, ServerStream } from '../../../server/http2/types.ts';
import { RESPONSE_HEADERS, TRAILERS_OK } from './peer.ts';

type Handler = (stream: ServerStream, head: RequestHead, body: Uint8Array) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Serves `handler` with whole bodies; answers the port and the connections made. */
async function serve(handler: Handler): Promise<{ port: number; connections: ServerConnection[] }> {
  const connections: ServerConnection[] = [];
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    let isScheduled = false;
    let isOver = false;
    const flush = (): void => {
      isScheduled = false;
      for (;;) {
        const bytes = connection.takeOutput();
        if (bytes === undefined) break;
        if (!socket.write(bytes)) return;
      }
      if (isOver) socket.end();
    };
    const connection = new ServerConnection({
      onRequest: (stream, head, endStream) => {
        const chunks: Uint8Array[] = [];
        if (endStream) handler(stream, head, new Uint8Array(0));
        return {
          onData: (bytes, last) => {
            chunks.push(Uint8Array.from(bytes));
            stream.consumed(bytes.length);
            if (last) handler(stream, head, concatBytes(chunks));
          },
          onEnd: () => handler(stream, head, concatBytes(chunks)),
          onAborted: () => undefined,
          onDrain: () => undefined,
        };
      },
      onOutput: () => {
        if (isScheduled) return;
        isScheduled = true;
        setImmediate(flush);
      },
      onClose: () => {
        isOver = true;
      },
    });
    connections.push(connection);
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('drain', flush);
    socket.on('error', () => undefined);
    socket.on('close', () => connection.disconnected());
    closers.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, connections };
}

const EMPTY = new Uint8Array(0);

function echo(stream: ServerStream, _head: RequestHead, body: Uint8Array): void {
  stream.sendUnary(RESPONSE_HEADERS, EMPTY, body, TRAILERS_OK);
}

interface Answer {
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly trailers: http2.IncomingHttpHeaders;
}

function ask(session: http2.ClientHttp2Session, path: string, body: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':method': 'POST', ':path': path, te: 'trailers' });
    const chunks: Buffer[] = [];
    let status: number | undefined;
    let trailers: http2.IncomingHttpHeaders = {};
    request.on('response', (headers) => {
      status = headers[':status'];
    });
    request.on('trailers', (headers) => {
      trailers = headers;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve({ status, body: Buffer.concat(chunks), trailers }));
    request.on('error', reject);
    request.end(body);
  });
}

function connect(port: number): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  closers.push(() => session.destroy());
  return session;
}

function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >>> 8)) & 0xff;
  return bytes;
}

it('echoes small and large bodies to nghttp2, many at once', async () => {
  const { port } = await serve(echo);
  const session = connect(port);
  const sizes = [0, 1, 100, 8191, 8192, 16_384, 65_535, 65_536, 1_000_000, 5_000_000];
  const answers = await Promise.all(sizes.map((size) => ask(session, '/echo', patterned(size))));
  for (const [i, answer] of answers.entries()) {
    expect(answer.status).toBe(200);
    expect(answer.body.equals(patterned(sizes[i] ?? 0))).toBe(true);
    expect(answer.trailers['grpc-status']).toBe('0');
  }
  for (let i = 0; i < 300; i++) {
    expect((await ask(session, `/echo/${i % 7}`, patterned(i))).body.length).toBe(i);
  }
});

it('drains in two steps while a request is open', async () => {
  const waiting: ServerStream[] = [];
  const { port, connections } = await serve((stream) => waiting.push(stream));
  const session = connect(port);
  const closed = new Promise<void>((resolve) => session.on('close', resolve));
  const wentAway = new Promise<void>((resolve) => session.on('goaway', () => resolve()));
  const answer = ask(session, '/slow', EMPTY);
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  connections[0]?.goAway(true);
  await wentAway;
  waiting[0]?.sendUnary(RESPONSE_HEADERS, EMPTY, patterned(10), TRAILERS_OK);
  expect((await answer).body.length).toBe(10);
  await closed;
  expect(connections[0]?.closed).toBe(true);
});

it('answers PING and pings itself', async () => {
  const { port, connections } = await serve(echo);
  const session = connect(port);
  await ask(session, '/', EMPTY);
  const payload = await new Promise<Buffer>((resolve, reject) => {
    session.ping(Buffer.from('12345678'), (error, _duration, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });
  expect(payload.toString()).toBe('12345678');
  const pinged = new Promise<void>((resolve) => session.on('ping', () => resolve()));
  connections[0]?.ping();
  await pinged;
});

const PREFIX = new Uint8Array(5);

/** A gRPC message of a body: behind its five-byte prefix. */
function prefixOf(message: Uint8Array): Uint8Array {
  new DataView(PREFIX.buffer).setUint32(1, message.length);
  return PREFIX;
}

it('serves grpc-js: unary calls, errors with a message, a server stream', async () => {
  const failing: readonly HeaderField[] = [
    [':status', '200'],
    ['content-type', 'application/grpc'],
    ['grpc-status', '5'],
    ['grpc-message', 'no such thing'],
  ];
  const { port } = await serve((stream, head, body) => {
    if (head.path === '/t/Fail') {
      stream.sendHeaders(failing, true);
    } else if (head.path === '/t/Many') {
      stream.sendHeaders(RESPONSE_HEADERS, false);
      for (let i = 0; i < 100; i++) {
        const message = patterned(i * 1000);
        stream.sendPrefixed(prefixOf(message), message, false);
      }
      stream.sendTrailers(TRAILERS_OK);
    } else {
      const message = body.slice(5);
      stream.sendUnary(RESPONSE_HEADERS, prefixOf(message), message, TRAILERS_OK);
    }
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  closers.push(() => client.close());
  const same = (bytes: Buffer): Buffer => bytes;
  const call = (path: string, message: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, same, same, message, (error, answer) =>
        error === null && answer !== undefined ? resolve(answer) : reject(error),
      );
    });
  const sizes = [0, 10, 100_000, 3_000_000];
  for (const answer of await Promise.all(sizes.map((size) => call('/t/Echo', patterned(size))))) {
    expect(sizes).toContain(answer.length);
    expect(answer.equals(patterned(answer.length))).toBe(true);
  }
  await expect(call('/t/Fail', patterned(1))).rejects.toMatchObject({
    code: grpc.status.NOT_FOUND,
    details: 'no such thing',
  });
  const lengths: number[] = [];
  await new Promise<void>((resolve, reject) => {
    const stream = client.makeServerStreamRequest('/t/Many', same, same, patterned(1));
    stream.on('data', (message: Buffer) => lengths.push(message.length));
    stream.on('error', reject);
    stream.on('end', resolve);
  });
  expect(lengths).toEqual(Array.from({ length: 100 }, (_, i) => i * 1000));
});
