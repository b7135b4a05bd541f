// Goal: what time and odd peers do to a connection: deadlines, keepalive rules, malformed requests and bodies, counters.
// Method: node:http2 as a client that can send anything, and a clock that only moves when told. A failure means calls
// that outlive their deadline, clients cut off or dead ones kept, or statuses other than grpc-go's.

import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { MetricRegistry } from '../../../../server/base/metrics.ts';
import type { CancelReason } from '../../../../server/rpc/grpc/types.ts';
import { BYTES, type Rig, type RigOptions, startRig } from './grpc-harness.ts';

let nowMs = 0;
const clock = { wallMs: (): number => nowMs, monotonicMs: (): number => nowMs };
let rig: Rig;
let session: ClientHttp2Session;
let reasons: CancelReason[];
/** How often a call was asked for its content. */
let askedCount = 0;
let goAway: { code: number; text: string } | undefined;

async function start(options: RigOptions = {}): Promise<void> {
  rig = await startRig(
    {
      '/test.Echo/Unary': { kind: 'unary', handle: (call) => call.respond(BYTES, call.message) },
      '/test.Echo/Never': {
        kind: 'unary',
        handle: (call) => {
          call.listener = { onCancelled: (_call, reason) => reasons.push(reason) };
        },
      },
      '/test.Echo/Told': {
        kind: 'unary',
        handle: (call) => {
          call.content = {
            stats: () => ({
              requestCount: 1,
              requestBytes: 2,
              responseCount: 3,
              responseBytes: 4,
              requestContent: `asked ${++askedCount}`,
            }),
          };
        },
      },
      '/test.Echo/Many': {
        kind: 'serverStream',
        handle: (call) => {
          call.sendBytes(call.message.slice());
          call.sendBytes(call.message.slice());
          call.end();
        },
      },
    },
    { clock, ...options },
  );
  session = connect(rig.listeners.urls[0] ?? '');
  session.on('error', () => undefined);
  session.on('goaway', (code, _id, data) => {
    goAway = { code, text: Buffer.from(data ?? []).toString() };
  });
  // Pings before that are not sent.
  await once(session, 'connect');
}

beforeEach(() => {
  nowMs = 1_000_000;
  reasons = [];
  askedCount = 0;
  goAway = undefined;
});

afterEach(async () => {
  session.destroy();
  await rig.close();
});

interface Reply {
  readonly status: unknown;
  readonly grpcStatus: unknown;
  readonly message: unknown;
  readonly body: Buffer;
  readonly headers: Record<string, unknown>;
}

/** Sends a request with the parts given as separate DATA frames. */
function call(
  path: string,
  parts: readonly Uint8Array[],
  extra: OutgoingHttpHeaders = {},
): Promise<Reply> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':path': path,
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...extra,
    });
    const headers: Record<string, unknown> = {};
    const body: Buffer[] = [];
    stream.on('response', (fields) => Object.assign(headers, fields));
    stream.on('trailers', (fields) => Object.assign(headers, fields));
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () =>
      resolve({
        status: headers[':status'],
        grpcStatus: headers['grpc-status'],
        message: headers['grpc-message'],
        body: Buffer.concat(body),
        headers,
      }),
    );
    for (const part of parts) stream.write(part);
    stream.end();
  });
}

function frame(bytes: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

function ping(): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
}

describe('requests', () => {
  test('a message in one-byte frames', async () => {
    await start();
    const bytes = frame(Buffer.from('slowly'));
    const reply = await call(
      '/test.Echo/Unary',
      [...bytes].map((byte) => Buffer.from([byte])),
    );
    expect(reply).toMatchObject({ status: 200, grpcStatus: '0' });
    expect(reply.body).toEqual(bytes);
  });

  test.each([
    ['no message', [], '13', /^cardinality violation/],
    ['half a message', [Buffer.from([0, 0, 0, 0, 9, 1])], '13', /^unexpected EOF$/],
    ['half a prefix', [Buffer.from([0, 0])], '13', /^unexpected EOF$/],
    ['flag 7', [frame(Buffer.from('x'), 7)], '13', /unexpected payload format 7/],
    ['compressed without saying how', [frame(Buffer.from('x'), 1)], '13', /compressed flag set/],
  ] as const)('%s', async (_name, parts, code, message) => {
    await start();
    const reply = await call('/test.Echo/Unary', parts);
    expect(reply.grpcStatus).toBe(code);
    expect(decodeURIComponent(String(reply.message))).toMatch(message);
    // The connection goes on.
    expect((await call('/test.Echo/Unary', [frame(Buffer.from('x'))])).grpcStatus).toBe('0');
  });

  test.each([
    ['/NoSlash', '12', 'unknown service '],
    ['/test.Echo', '12', 'malformed method name: "/test.Echo"'],
    ['/a/b/c', '12', 'unknown service a/b'],
  ])('path %s', async (path, code, message) => {
    await start();
    const reply = await call(path, []);
    expect(reply.status).toBe(200);
    expect(reply.grpcStatus).toBe(code);
    expect(String(reply.message)).toBe(
      path === '/NoSlash' ? 'malformed method name: "/NoSlash"' : message,
    );
  });

  test('an unknown encoding is refused with the list of known ones', async () => {
    await start();
    const reply = await call('/test.Echo/Unary', [], { 'grpc-encoding': 'zstd' });
    expect(reply.grpcStatus).toBe('12');
    expect(reply.message).toBe('grpc: Decompressor is not installed for grpc-encoding "zstd"');
    expect(reply.headers['grpc-accept-encoding']).toBe('identity,gzip');
  });

  test('broken gzip is Internal', async () => {
    await start();
    const body = [frame(Buffer.from('not gzip'), 1)];
    const reply = await call('/test.Echo/Unary', body, { 'grpc-encoding': 'gzip' });
    expect(reply.grpcStatus).toBe('13');
    expect(reply.message).toMatch(/^grpc: failed to decompress the received message: /);
  });

  test.each([
    [{ 'grpc-timeout': '5x' }, /^malformed grpc-timeout: /],
    [{ 'x-thing-bin': '%%%' }, /^malformed binary metadata/],
  ])('malformed header %j', async (extra, message) => {
    await start();
    const reply = await call('/test.Echo/Unary', [frame(Buffer.alloc(1))], extra);
    expect(reply.status).toBe(400);
    expect(reply.grpcStatus).toBe('13');
    expect(decodeURIComponent(String(reply.message))).toMatch(message);
  });
});

describe('time', () => {
  test('a deadline ends the call with its status, in time and not before', async () => {
    await start();
    const reply = call('/test.Echo/Never', [frame(Buffer.alloc(1))], { 'grpc-timeout': '500m' });
    await expect.poll(() => rig.server.wheel.count).toBe(1);
    nowMs += 499;
    rig.server.tick();
    expect(rig.server.callCount).toBe(1);
    nowMs += 21;
    rig.server.tick();
    expect(rig.server.callCount).toBe(0);
    rig.listeners.flushNow();
    expect(await reply).toMatchObject({ grpcStatus: '4', message: 'context deadline exceeded' });
    expect(reasons).toEqual(['deadline']);
    expect(rig.server.wheel.count).toBe(0);
  });

  test('a unary call that took long is logged, a shorter one is not', async () => {
    const lines: [string, unknown][] = [];
    const warn = (text: string, fields?: unknown): void => void lines.push([text, fields]);
    await start({ slowCallMs: 300, logger: { ...SILENT_LOGGER, warn } });
    for (const timeoutMs of [200, 500]) {
      const timeout = { 'grpc-timeout': `${timeoutMs}m` };
      const reply = call('/test.Echo/Never', [frame(Buffer.alloc(1))], timeout);
      await expect.poll(() => rig.server.wheel.count).toBe(1);
      nowMs += timeoutMs + 20;
      rig.server.tick();
      rig.listeners.flushNow();
      await reply;
    }
    const fields = {
      'start time': expect.any(String),
      'time spent': '520.000ms',
      remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      'response type': '/test.Echo/Never',
      'request count': -1,
      'request size': -1,
      'response count': -1,
      'response size': -1,
      'request content': '',
    };
    expect(lines).toEqual([['request stats', fields]]);
  });

  test('the line of a slow call has what its handler tells, who is asked for slow ones only', async () => {
    const lines: unknown[] = [];
    const warn = (_text: string, fields?: unknown): void => void lines.push(fields);
    await start({ slowCallMs: 300, logger: { ...SILENT_LOGGER, warn } });
    for (const timeoutMs of [200, 500]) {
      const timeout = { 'grpc-timeout': `${timeoutMs}m` };
      const reply = call('/test.Echo/Told', [frame(Buffer.alloc(1))], timeout);
      await expect.poll(() => rig.server.wheel.count).toBe(1);
      nowMs += timeoutMs + 20;
      rig.server.tick();
      rig.listeners.flushNow();
      await reply;
    }
    expect(lines).toEqual([
      expect.objectContaining({
        'request count': 1,
        'request size': 2,
        'response count': 3,
        'response size': 4,
        'request content': 'asked 1',
      }),
    ]);
  });

  test('an answered call leaves the wheel', async () => {
    await start();
    await call('/test.Echo/Unary', [frame(Buffer.alloc(1))], { 'grpc-timeout': '10S' });
    expect(rig.server.wheel.count).toBe(0);
  });

  test('pings without streams: the fourth at once is one too many', async () => {
    await start();
    for (let i = 0; i < 3; i++) await ping();
    expect(goAway).toBe(undefined);
    session.ping(() => undefined);
    await expect.poll(() => goAway).toEqual({ code: 11, text: 'too_many_pings' });
  });

  test('pings with a stream open are fine at the minimum span, not below', async () => {
    await start();
    void call('/test.Echo/Never', [frame(Buffer.alloc(1))]);
    await expect.poll(() => rig.server.callCount).toBe(1);
    for (let i = 0; i < 10; i++) {
      nowMs += 5_000;
      await ping();
    }
    expect(goAway).toBe(undefined);
    for (let i = 0; i < 2; i++) {
      nowMs += 4_999;
      await ping();
    }
    expect(goAway).toBe(undefined);
    nowMs += 4_999;
    session.ping(() => undefined);
    await expect.poll(() => goAway?.text).toBe('too_many_pings');
  });

  test('answers forgive pings', async () => {
    await start();
    for (let i = 0; i < 10; i++) {
      await ping();
      await call('/test.Echo/Unary', [frame(Buffer.alloc(1))]);
    }
    expect(goAway).toBe(undefined);
  });

  test('a silent client is asked, and kept when it answers', async () => {
    await start({ keepalive: { intervalMs: 10_000, timeoutMs: 2_000 } });
    await call('/test.Echo/Unary', [frame(Buffer.alloc(1))]);
    const asked = new Promise<void>((resolve) => session.once('ping', () => resolve()));
    nowMs += 10_000;
    rig.server.tick();
    await asked;
    await ping();
    nowMs += 2_500;
    rig.server.tick();
    expect(rig.server.sessionCount).toBe(1);
  });

  test('a client that does not answer the ping is given up', async () => {
    await start({ keepalive: { intervalMs: 10_000, timeoutMs: 2_000 } });
    void call('/test.Echo/Never', [frame(Buffer.alloc(1))]);
    await expect.poll(() => rig.server.callCount).toBe(1);
    nowMs += 10_000;
    rig.server.tick();
    // The answer to the ping cannot be read before this turn ends.
    nowMs += 2_000;
    rig.server.tick();
    expect(rig.server.callCount).toBe(0);
    expect(reasons).toEqual(['disconnected']);
    await expect.poll(() => session.destroyed || session.closed).toBe(true);
  });
});

test('every call is counted once, by method, kind and code', async () => {
  const registry = new MetricRegistry();
  await start({ registry, extensiveMetrics: true });
  await call('/test.Echo/Unary', [frame(Buffer.alloc(10))]);
  await call('/test.Echo/Unary', []);
  await call('/test.Echo/Many', [frame(Buffer.alloc(7))]);
  await call('/test.Echo/Nowhere', [frame(Buffer.alloc(7))]);
  const text = registry.print();
  const unaryLabels = 'grpc_method="Unary",grpc_service="test.Echo",grpc_type="unary"';
  const manyLabels = 'grpc_method="Many",grpc_service="test.Echo",grpc_type="server_stream"';
  for (const line of [
    `grpc_server_started_total{${unaryLabels}} 2`,
    `grpc_server_handled_total{grpc_code="OK",${unaryLabels}} 1`,
    `grpc_server_handled_total{grpc_code="Internal",${unaryLabels}} 1`,
    `grpc_server_handled_total{grpc_code="Unavailable",${unaryLabels}} 0`,
    `grpc_server_msg_received_total{${unaryLabels}} 1`,
    `grpc_server_msg_sent_total{${unaryLabels}} 1`,
    `grpc_server_msg_received_total{${manyLabels}} 1`,
    `grpc_server_msg_sent_total{${manyLabels}} 2`,
    `grpc_server_handling_seconds_count{${manyLabels}} 1`,
    'etcd_network_client_grpc_received_bytes_total 17',
    'etcd_network_client_grpc_sent_bytes_total 24',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test('the observer hears of every end once, with the status that was sent', async () => {
  const seen: string[] = [];
  await start({ onFinished: (ended, status) => seen.push(`${ended.path} ${status}`) });
  await call('/test.Echo/Unary', [frame(Buffer.alloc(1))]);
  await call('/test.Echo/Unary', []);
  await call('/test.Echo/Many', [frame(Buffer.alloc(1))]);
  void call('/test.Echo/Never', [frame(Buffer.alloc(1))]);
  await expect.poll(() => rig.server.callCount).toBe(1);
  session.destroy();
  await expect.poll(() => seen.length).toBe(4);
  expect(seen).toEqual([
    '/test.Echo/Unary 0',
    '/test.Echo/Unary 13',
    '/test.Echo/Many 0',
    '/test.Echo/Never 1',
  ]);
});
