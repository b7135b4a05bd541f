// Goal: one port serves gRPC, HTTP/1.1 and HTTP/2 without TLS, over TCP and unix sockets, and survives peers that break
// the rules. Method: node:http, node:http2, curl where there is one, and bare sockets against real listeners.
// A failure means /health, /metrics or a client would not get through, or that a bad peer can hurt the process.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connect2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { listen } from '../../../server/listen/listen.ts';
import type { Listeners, ListenHandlers, ListenOptions } from '../../../server/listen/types.ts';
import { GrpcServer } from '../../../server/rpc/grpc/grpc-server.ts';
import { BYTES, RAW, SYSTEM_CLOCK } from '../rpc/grpc/grpc-harness.ts';
import {
  askHttp1,
  askHttp2,
  memoryLogger,
  portOf,
  TELLING_HANDLER,
  temporaryFolder,
} from './listen-harness.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function echoServer(): GrpcServer {
  const server = new GrpcServer({ clock: SYSTEM_CLOCK });
  server.register({
    '/test.Echo/Unary': { kind: 'unary', handle: (call) => call.respond(BYTES, call.message) },
    '/test.Echo/Never': { kind: 'unary', handle: () => undefined },
  });
  return server;
}

async function start(
  urls: readonly string[] = ['http://127.0.0.1:0'],
  handlers: ListenHandlers = { grpc: echoServer(), http: TELLING_HANDLER },
  options: Partial<ListenOptions> = {},
): Promise<Listeners> {
  const { logger } = memoryLogger();
  const listeners = await listen(urls, handlers, { logger, clock: SYSTEM_CLOCK, ...options });
  cleanups.push(() => listeners.close(0));
  return listeners;
}

function echo(target: string, body: Buffer): Promise<Buffer> {
  const client = new Client(target, credentials.createInsecure());
  cleanups.push(() => client.close());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/test.Echo/Unary',
      RAW.serialize,
      RAW.deserialize,
      body,
      (error, value) => (error === null ? resolve(value ?? Buffer.alloc(0)) : reject(error)),
    );
  });
}

async function dial(listeners: Listeners): Promise<Socket> {
  const socket = connect(portOf(listeners.urls[0]), '127.0.0.1');
  cleanups.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('one port', () => {
  test('serves gRPC, HTTP/1.1 and HTTP/2 next to each other', async () => {
    const listeners = await start();
    const url = listeners.urls[0] ?? '';
    const answer1 = await askHttp1({ port: portOf(url) }, '/health?serializable=true&x=a%20b');
    expect(answer1.status).toBe(200);
    expect(answer1.headers['x-test']).toBe('seen');
    expect(JSON.parse(answer1.body)).toEqual({
      method: 'GET',
      path: '/health',
      query: { serializable: 'true', x: 'a b' },
      host: `127.0.0.1:${portOf(url)}`,
      body: '',
      secure: false,
    });
    const answer2 = await askHttp2(url, '/health?serializable=true&x=a%20b');
    expect(answer2.status).toBe(200);
    expect(answer2.headers['x-test']).toBe('seen');
    expect(answer2.headers['content-length']).toBe(String(answer2.body.length));
    expect(answer2.body).toBe(answer1.body);
    expect((await echo(new URL(url).host, Buffer.from('hi'))).toString()).toBe('hi');
  });

  test.each(['1', '2'])(
    'HTTP/%s bodies up to the limit arrive, larger ones get 413',
    async (version) => {
      const listeners = await start(undefined, undefined, { httpBodyBytesMax: 100_000 });
      const url = listeners.urls[0] ?? '';
      const ask = (body: Buffer): ReturnType<typeof askHttp1> =>
        version === '1'
          ? askHttp1({ port: portOf(url) }, '/v3/kv/put', { method: 'POST', body })
          : askHttp2(url, '/v3/kv/put', { method: 'POST', body });
      const fine = await ask(Buffer.alloc(100_000, 5));
      expect(JSON.parse(fine.body).body).toBe(Buffer.alloc(100_000, 5).toString('base64'));
      // The peer may find its sending cut off before it has read the answer.
      const above = await ask(Buffer.alloc(100_001, 5)).catch((error: Error) => error);
      if (!(above instanceof Error)) expect(above.status).toBe(413);
      expect((await ask(Buffer.from('x'))).status).toBe(200);
    },
  );

  test.each(['1', '2'])('HTTP/%s streams, empty answers and HEAD', async (version) => {
    const listeners = await start();
    const url = listeners.urls[0] ?? '';
    const ask = (path: string, method: string): ReturnType<typeof askHttp1> =>
      version === '1'
        ? askHttp1({ port: portOf(url) }, path, { method })
        : askHttp2(url, path, { method });
    expect((await ask('/stream', 'GET')).body).toBe('one,two');
    expect((await ask('/empty', 'GET')).status).toBe(204);
    expect((await ask('/throw', 'GET')).status).toBe(500);
    const head = await ask('/health', 'HEAD');
    expect(head.body).toBe('');
    expect(Number(head.headers['content-length'])).toBeGreaterThan(10);
  });

  test('curl gets its answer over both protocols', async () => {
    if (!existsSync('/usr/bin/curl')) return;
    const listeners = await start();
    const url = `${listeners.urls[0]}/version`;
    const run = promisify(execFile);
    const one = await run('/usr/bin/curl', ['-sS', '--noproxy', '*', url]);
    const two = await run('/usr/bin/curl', [
      '-sS',
      '--noproxy',
      '*',
      '--http2-prior-knowledge',
      '-d',
      'data',
      url,
    ]);
    expect(JSON.parse(one.stdout).path).toBe('/version');
    expect(JSON.parse(two.stdout).method).toBe('POST');
    expect(JSON.parse(two.stdout).body).toBe(Buffer.from('data').toString('base64'));
  });

  test('keep-alive connections serve several HTTP/1.1 requests, pipelined too', async () => {
    const socket = await dial(await start());
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => text.match(/"path":"\/[ab]"/g)?.length).toBe(2);
    socket.write('GET /c HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => text.includes('"path":"/c"')).toBe(true);
  });

  test('a preface that trickles in byte by byte is still HTTP/2', async () => {
    const socket = await dial(await start());
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
    for (const byte of preface) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    // The first frame is the server's SETTINGS.
    expect(chunk[3]).toBe(4);
  });

  test('a unix socket serves both, and a stale one is replaced', async () => {
    const folder = temporaryFolder();
    cleanups.push(() => folder.remove());
    const path = join(folder.path, 'client.sock');
    const first = await start([`unix://${path}`]);
    expect(first.urls).toEqual([`unix://${path}`]);
    expect((await echo(`unix:${path}`, Buffer.from('over unix'))).toString()).toBe('over unix');
    expect((await askHttp1({ socketPath: path }, '/health')).status).toBe(200);
    await start([`unix://${path}`]);
    expect((await askHttp1({ socketPath: path }, '/health')).status).toBe(200);
  });

  test('several URLs share the handlers', async () => {
    const listeners = await start(['http://127.0.0.1:0', 'http://localhost:0']);
    expect(listeners.urls.length).toBe(2);
    for (const url of listeners.urls) {
      expect((await askHttp1({ port: portOf(url) }, '/x')).status).toBe(200);
    }
  });

  test('a node:http server can take the HTTP/1.1 side', async () => {
    const nodeHttp = createServer((_request, response) => response.end('mine'));
    const listeners = await start(undefined, { nodeHttp });
    expect((await askHttp1({ port: portOf(listeners.urls[0]) }, '/raft')).body).toBe('mine');
  });
});

describe('refusals', () => {
  test('an address in use is named in one error', async () => {
    const listeners = await start();
    const port = portOf(listeners.urls[0]);
    await expect(start([`http://127.0.0.1:${port}`])).rejects.toThrow(
      `listen tcp 127.0.0.1:${port}: bind: address already in use`,
    );
  });

  test.each([
    ['ftp://127.0.0.1:1', 'cannot listen on ftp://127.0.0.1:1: unknown scheme ftp'],
    ['127.0.0.1', 'cannot listen on 127.0.0.1: not a URL'],
    ['https://127.0.0.1:0', 'cannot listen on TLS: KeyFile and CertFile are not presented'],
  ])('%s is refused', async (url, message) => {
    await expect(start([url])).rejects.toThrow(message);
  });

  test('without an HTTP handler, HTTP/1.1 is closed and HTTP/2 answered 415', async () => {
    const listeners = await start(undefined, { grpc: echoServer() });
    const url = listeners.urls[0] ?? '';
    await expect(askHttp1({ port: portOf(url) }, '/health')).rejects.toThrow();
    const answer = await askHttp2(url, '/health');
    expect(answer.status).toBe(415);
    expect(answer.headers['grpc-message']).toBe('invalid gRPC request content-type ""');
  });

  test('a gRPC content type with a wrong end is 415, GET with gRPC is 405', async () => {
    const url = (await start()).urls[0] ?? '';
    const wrong = await askHttp2(url, '/test.Echo/Unary', {
      method: 'POST',
      headers: { 'content-type': 'application/grpcx' },
    });
    expect(wrong.status).toBe(415);
    const get = await askHttp2(url, '/test.Echo/Unary', {
      headers: { 'content-type': 'application/grpc+proto' },
    });
    expect(get.status).toBe(405);
  });

  test('a connection that says nothing is closed after its time', async () => {
    const listeners = await start(undefined, undefined, { firstBytesTimeoutMs: 30 });
    const socket = await dial(listeners);
    socket.resume();
    await once(socket, 'close');
    await expect.poll(() => listeners.connectionCount).toBe(0);
  });

  test.each([
    ['noise', Buffer.from('\0\x01\x02\x03 not http at all\r\n\r\n')],
    ['a broken preface', Buffer.from('PRI * HTTP/3.0\r\n\r\nXX\r\n\r\n')],
    ['a frame of 16 MiB', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\0', 'latin1')],
    ['a TLS hello', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
  ])('%s ends that connection only', async (_name, bytes) => {
    const listeners = await start();
    const socket = await dial(listeners);
    socket.resume();
    socket.end(bytes);
    await once(socket, 'close');
    const port = portOf(listeners.urls[0]);
    expect((await askHttp1({ port }, '/health')).status).toBe(200);
    expect((await echo(`127.0.0.1:${port}`, Buffer.from('ok'))).toString()).toBe('ok');
  });

  test('a peer that resets its connection in the middle of calls hurts nobody', async () => {
    const grpc = echoServer();
    const listeners = await start(undefined, { grpc, http: TELLING_HANDLER });
    const port = portOf(listeners.urls[0]);
    const client = connect2(`http://127.0.0.1:${port}`);
    const call = client.request({
      ':path': '/test.Echo/Never',
      ':method': 'POST',
      'content-type': 'application/grpc',
    });
    call.on('error', () => undefined);
    call.write(Buffer.alloc(5));
    await expect.poll(() => grpc.callCount).toBe(1);
    client.destroy();
    const bare = await dial(listeners);
    bare.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await expect.poll(() => grpc.sessionCount).toBeGreaterThan(0);
    bare.resetAndDestroy();
    await expect.poll(() => grpc.callCount).toBe(0);
    expect((await askHttp1({ port }, '/health')).status).toBe(200);
  });
});

describe('a peer that does not read', () => {
  // Literal header fields, so that the request bytes are the same for every stream but for its number.
  const literal = (name: string, value: string): Buffer =>
    Buffer.concat([
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]);
  const frame = (type: number, flags: number, id: number, payload: Buffer): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(id, 5);
    return Buffer.concat([head, payload]);
  };
  const block = Buffer.concat([
    Buffer.from([0x83, 0x86]),
    literal(':path', '/test.Echo/Unary'),
    literal('content-type', 'application/grpc'),
  ]);
  const message = Buffer.alloc(5 + 4000);
  message.writeUInt32BE(4000, 1);
  const opening = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    // SETTINGS: streams may send 1 GiB; WINDOW_UPDATE: so may the connection.
    frame(4, 0, 0, Buffer.from([0, 4, 0x40, 0, 0, 0])),
    frame(8, 0, 0, Buffer.from([0x3f, 0, 0, 0])),
  ]);

  test('costs bounded memory, and gets everything once it reads', async () => {
    const grpc = echoServer();
    let handled = 0;
    const socket = await dial(await start(undefined, { grpc }));
    socket.pause();
    socket.write(opening);
    const count = 10_000;
    for (let i = 0; i < count; i++) {
      socket.write(frame(1, 4, 2 * i + 1, block));
      socket.write(frame(0, 1, 2 * i + 1, message));
    }
    // 40 MB of answers: the server must have stopped reading long before the last request.
    let steady = 0;
    let before = -1;
    await expect
      .poll(() => {
        steady = socket.writableLength === before ? steady + 1 : 0;
        before = socket.writableLength;
        return steady;
      })
      .toBeGreaterThan(3);
    expect(socket.writableLength).toBeGreaterThan(10_000_000);
    // Flow control on the way in is ours to grant: the answers arrive whole.
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        if (rest[3] === 1 && ((rest[4] ?? 0) & 1) === 1) handled++;
        rest = rest.subarray(9 + rest.readUIntBE(0, 3));
      }
    });
    socket.resume();
    await expect.poll(() => handled, { timeout: 20_000 }).toBe(count);
  });
});

describe('close', () => {
  test('idle connections of every kind go at once', async () => {
    const listeners = await start();
    const port = portOf(listeners.urls[0]);
    await echo(`127.0.0.1:${port}`, Buffer.from('x'));
    const silent = await dial(listeners);
    silent.resume();
    const idle = await dial(listeners);
    idle.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    expect(listeners.connectionCount).toBe(3);
    const begunMs = performance.now();
    await listeners.close(10_000);
    expect(performance.now() - begunMs).toBeLessThan(5_000);
    expect(listeners.connectionCount).toBe(0);
    await expect(askHttp1({ port }, '/health')).rejects.toThrow('ECONNREFUSED');
  });

  test('what does not end in time is destroyed', async () => {
    const grpc = echoServer();
    const listeners = await start(undefined, { grpc });
    const client = new Client(new URL(listeners.urls[0] ?? '').host, credentials.createInsecure());
    cleanups.push(() => client.close());
    const failed = new Promise((resolve) => {
      client.makeUnaryRequest(
        '/test.Echo/Never',
        RAW.serialize,
        RAW.deserialize,
        Buffer.alloc(0),
        resolve,
      );
    });
    await expect.poll(() => grpc.callCount).toBe(1);
    await listeners.close(50);
    expect(listeners.connectionCount).toBe(0);
    await failed;
    await expect.poll(() => grpc.callCount).toBe(0);
  });
});
