// Goal: a gRPC client we did not write gets what grpc-go would give it: answers, streams, deadlines, cancels, limits,
// compression, statuses. Method: @grpc/grpc-js against our listener on a random port, with a service of raw bytes.
// A failure means an ordinary client would misbehave against our server.

import { type ClientDuplexStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { EtcdError } from '../../../../server/base/errors.ts';
import type {
  BidiCall,
  CancelReason,
  ServiceTable,
  UnaryCall,
} from '../../../../server/rpc/grpc/types.ts';
import { BYTES, RAW, type Rig, type RigOptions, startRig } from './grpc-harness.ts';

const kept: { call: UnaryCall | undefined; reasons: CancelReason[]; bidi: BidiCall | undefined } = {
  call: undefined,
  reasons: [],
  bidi: undefined,
};

const onCancelled = (_call: unknown, reason: CancelReason): void => {
  kept.reasons.push(reason);
};

const TABLE: ServiceTable = {
  '/test.Echo/Unary': { kind: 'unary', handle: (call) => call.respond(BYTES, call.message) },
  '/test.Echo/Length': {
    kind: 'unary',
    handle: (call) => call.respondBytes(Buffer.from(String(call.message.length))),
  },
  '/test.Echo/Never': {
    kind: 'unary',
    handle: (call) => {
      kept.call = call;
      call.listener = { onCancelled };
    },
  },
  '/test.Echo/Fail': {
    kind: 'unary',
    handle: (call) => {
      call.addMetadata('x-trailer', 'yes');
      call.fail(9, 'näin ei käy: 100% 🙂\n', new Uint8Array([8, 9]));
    },
  },
  '/test.Echo/ThrowTable': {
    kind: 'unary',
    handle: () => {
      throw new EtcdError('noLeader');
    },
  },
  '/test.Echo/Metadata': {
    kind: 'unary',
    handle: (call) => {
      const bin = call.binaryMetadata('x-raw-bin') ?? new Uint8Array(0);
      call.addMetadata('x-answer', call.metadata('x-question') ?? '');
      call.respondBytes(Buffer.from(bin));
    },
  },
  '/test.Echo/Count': {
    kind: 'serverStream',
    handle: (call) => {
      const count = Number(Buffer.from(call.message).toString());
      for (let i = 0; i < count; i++) call.sendBytes(Buffer.from(String(i)));
      call.end();
    },
  },
  '/test.Echo/Flood': {
    kind: 'serverStream',
    handle: (call) => {
      const chunk = Buffer.alloc(32 * 1024, 7);
      let left = 512;
      const push = (): void => {
        while (left > 0) {
          left--;
          if (!call.send(BYTES, chunk)) return;
        }
        call.end();
      };
      call.listener = { onCancelled, onDrain: push };
      push();
    },
  },
  '/test.Echo/Bidi': {
    kind: 'bidi',
    open: (call) => {
      kept.bidi = call;
      return {
        onMessage: (self, message) => {
          self.send(BYTES, message);
        },
        onHalfClosed: (self) => self.end(),
        onDrain: () => undefined,
        onCancelled,
      };
    },
  },
  '/test.Echo/Hold': {
    kind: 'bidi',
    open: (call) => {
      kept.bidi = call;
      return {
        onMessage: () => undefined,
        onHalfClosed: () => undefined,
        onDrain: () => undefined,
        onCancelled,
      };
    },
  },
};

let rig: Rig | undefined;

async function start(options: RigOptions = {}): Promise<Rig> {
  kept.call = undefined;
  kept.bidi = undefined;
  kept.reasons = [];
  rig = await startRig(TABLE, options);
  return rig;
}

afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

interface Answer {
  readonly error: ServiceError | null;
  readonly value: Buffer | undefined;
  readonly initial: Metadata | undefined;
  readonly trailers: Metadata | undefined;
}

function unary(
  path: string,
  body: Uint8Array,
  metadata: Metadata = new Metadata(),
  options: { deadline?: number } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    let initial: Metadata | undefined;
    let answer: { error: ServiceError | null; value: Buffer | undefined } | undefined;
    const call = (rig as Rig).client.makeUnaryRequest(
      path,
      RAW.serialize,
      RAW.deserialize,
      body,
      metadata,
      options,
      (error, value) => {
        answer = { error, value };
      },
    );
    call.on('metadata', (md) => {
      initial = md;
    });
    call.on('status', (ended) => {
      setImmediate(() =>
        resolve({
          error: answer?.error ?? null,
          value: answer?.value,
          initial,
          trailers: ended.metadata,
        }),
      );
    });
  });
}

describe('unary', () => {
  test('echoes messages of many sizes, also at once', async () => {
    await start();
    const sizes = [0, 1, 100, 8192, 16384, 70_000, 1_500_000];
    const answers = await Promise.all(
      sizes.map((size) => unary('/test.Echo/Unary', Buffer.alloc(size, size % 251))),
    );
    for (const [i, answer] of answers.entries()) {
      expect(answer.error).toBe(null);
      expect(answer.value?.equals(Buffer.alloc(sizes[i] ?? 0, (sizes[i] ?? 0) % 251))).toBe(true);
    }
  });

  test('many calls on one connection keep their answers apart', async () => {
    await start();
    const answers = await Promise.all(
      Array.from({ length: 2000 }, (_, i) => unary('/test.Echo/Unary', Buffer.from(String(i)))),
    );
    expect(answers.map((answer) => answer.value?.toString())).toEqual(
      Array.from({ length: 2000 }, (_, i) => String(i)),
    );
  });

  test('a failure carries text in any script, details and trailers', async () => {
    await start();
    const { error, trailers } = await unary('/test.Echo/Fail', Buffer.alloc(0));
    expect(error?.code).toBe(status.FAILED_PRECONDITION);
    expect(error?.details).toBe('näin ei käy: 100% 🙂\n');
    expect(trailers?.get('x-trailer')).toEqual(['yes']);
    expect(trailers?.get('grpc-status-details-bin')).toEqual([Buffer.from([8, 9])]);
  });

  test('a thrown error of the table becomes its status', async () => {
    await start();
    const { error } = await unary('/test.Echo/ThrowTable', Buffer.alloc(0));
    expect(error?.code).toBe(status.UNAVAILABLE);
    expect(error?.details).toBe('etcdserver: no leader');
  });

  test('metadata in text and binary comes in, metadata goes out', async () => {
    await start();
    const metadata = new Metadata();
    metadata.set('x-question', 'why');
    metadata.set('x-raw-bin', Buffer.from([0, 255, 10]));
    const answer = await unary('/test.Echo/Metadata', Buffer.alloc(0), metadata);
    expect(answer.value).toEqual(Buffer.from([0, 255, 10]));
    expect(answer.initial?.get('x-answer')).toEqual(['why']);
  });

  test('unknown services and methods are named as grpc-go names them', async () => {
    await start();
    const service = await unary('/no.Service/Method', Buffer.alloc(0));
    expect(service.error?.code).toBe(status.UNIMPLEMENTED);
    expect(service.error?.details).toBe('unknown service no.Service');
    const method = await unary('/test.Echo/Nope', Buffer.alloc(3));
    expect(method.error?.code).toBe(status.UNIMPLEMENTED);
    expect(method.error?.details).toBe('unknown method Nope for service test.Echo');
  });

  test('a message above the limit is refused with both sizes', async () => {
    await start({ messageBytesMax: 1000 });
    const exact = await unary('/test.Echo/Length', Buffer.alloc(1000));
    expect(exact.value?.toString()).toBe('1000');
    const above = await unary('/test.Echo/Length', Buffer.alloc(1001));
    expect(above.error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(above.error?.details).toBe('grpc: received message larger than max (1001 vs. 1000)');
    const far = await unary('/test.Echo/Length', Buffer.alloc(900_000));
    expect(far.error?.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('a deadline ends the call on the server', async () => {
    const { server } = await start();
    const { error } = await unary('/test.Echo/Never', Buffer.alloc(0), new Metadata(), {
      deadline: Date.now() + 60,
    });
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => kept.reasons.length).toBe(1);
    expect(['deadline', 'cancelled']).toContain(kept.reasons[0]);
    expect(kept.call?.finished).toBe(true);
    expect(server.wheel.count).toBe(0);
    // A late answer is dropped without harm.
    kept.call?.respondBytes(Buffer.from('late'));
  });

  test('a cancel by the client reaches the handler', async () => {
    await start();
    const call = (rig as Rig).client.makeUnaryRequest(
      '/test.Echo/Never',
      RAW.serialize,
      RAW.deserialize,
      Buffer.alloc(0),
      () => undefined,
    );
    await expect.poll(() => kept.call !== undefined).toBe(true);
    call.cancel();
    await expect.poll(() => kept.reasons).toEqual(['cancelled']);
    expect(kept.call?.cancelled).toBe(true);
  });

  test('a lost connection cancels what is in flight', async () => {
    const { client, server } = await start();
    client.makeUnaryRequest(
      '/test.Echo/Never',
      RAW.serialize,
      RAW.deserialize,
      Buffer.alloc(0),
      () => undefined,
    );
    await expect.poll(() => server.callCount).toBe(1);
    await rig?.listeners.close(0);
    await expect.poll(() => kept.reasons).toEqual(['disconnected']);
    expect(server.callCount).toBe(0);
    expect(server.sessionCount).toBe(0);
  });

  test('gzip requests are opened, bombs are refused', async () => {
    await start({ client: { 'grpc.default_compression_algorithm': 2 } });
    const fine = await unary('/test.Echo/Length', Buffer.alloc(100_000, 1));
    expect(fine.error).toBe(null);
    expect(fine.value?.toString()).toBe('100000');
    const bomb = await unary('/test.Echo/Length', Buffer.alloc(8 * 1024 * 1024));
    expect(bomb.error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(bomb.error?.details).toBe(
      'grpc: received message after decompression larger than max (2097153 vs. 2097152)',
    );
  });
});

describe('streams', () => {
  test('a server stream arrives in order and ends with OK', async () => {
    await start();
    const stream = (rig as Rig).client.makeServerStreamRequest(
      '/test.Echo/Count',
      RAW.serialize,
      RAW.deserialize,
      Buffer.from('1000'),
    );
    const seen: string[] = [];
    for await (const message of stream) seen.push(String(message));
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
  });

  test('16 MiB pass a reader that takes its time, in bounded memory on our side', async () => {
    await start();
    const stream = (rig as Rig).client.makeServerStreamRequest(
      '/test.Echo/Flood',
      RAW.serialize,
      RAW.deserialize,
      Buffer.alloc(0),
    );
    let sizeBytes = 0;
    for await (const message of stream) sizeBytes += (message as Buffer).length;
    expect(sizeBytes).toBe(512 * 32 * 1024);
  });

  test('bidi messages of any size go both ways until the client half-closes', async () => {
    await start();
    const stream: ClientDuplexStream<Uint8Array, Buffer> = (
      rig as Rig
    ).client.makeBidiStreamRequest('/test.Echo/Bidi', RAW.serialize, RAW.deserialize);
    const sizes = [0, 5, 20_000, 1, 300_000, 2];
    for (const size of sizes) stream.write(Buffer.alloc(size, 3));
    stream.end();
    const seen: number[] = [];
    for await (const message of stream) seen.push((message as Buffer).length);
    expect(seen).toEqual(sizes);
  });

  test('a paused bidi call hears nothing, then everything in order, half-close last', async () => {
    await start();
    const stream = (rig as Rig).client.makeBidiStreamRequest(
      '/test.Echo/Bidi',
      RAW.serialize,
      RAW.deserialize,
    );
    const seen: string[] = [];
    const ended = new Promise<void>((resolve) => stream.on('end', resolve));
    stream.on('data', (message: Buffer) => seen.push(message.toString()));
    stream.write(Buffer.from('first'));
    await expect.poll(() => seen).toEqual(['first']);
    kept.bidi?.pause();
    for (let i = 0; i < 50; i++) stream.write(Buffer.from(`m${i}`));
    stream.end();
    // A unary call on the same connection comes after all of that.
    await unary('/test.Echo/Unary', Buffer.from('barrier'));
    expect(seen).toEqual(['first']);
    kept.bidi?.resume();
    await ended;
    expect(seen).toEqual(['first', ...Array.from({ length: 50 }, (_, i) => `m${i}`)]);
  });

  test('a cancelled stream tells its handler', async () => {
    const { server } = await start();
    const stream = (rig as Rig).client.makeBidiStreamRequest(
      '/test.Echo/Hold',
      RAW.serialize,
      RAW.deserialize,
    );
    stream.on('error', () => undefined);
    await expect.poll(() => server.callCount).toBe(1);
    stream.cancel();
    await expect.poll(() => kept.reasons).toEqual(['cancelled']);
    expect(kept.bidi?.send(BYTES, Buffer.alloc(1))).toBe(false);
  });

  test('a stop drains unary calls and ends streams with a status', async () => {
    const { server, listeners } = await start();
    const stream = (rig as Rig).client.makeBidiStreamRequest(
      '/test.Echo/Bidi',
      RAW.serialize,
      RAW.deserialize,
    );
    const failed = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    const slow = unary('/test.Echo/Never', Buffer.alloc(0));
    await expect.poll(() => server.callCount).toBe(2);
    const closed = listeners.close(5000);
    server.stopStreams(14, 'etcdserver: server stopped');
    expect((await failed).details).toBe('etcdserver: server stopped');
    expect(kept.reasons).toEqual(['stopping']);
    kept.call?.respondBytes(Buffer.from('done'));
    expect((await slow).value?.toString()).toBe('done');
    await closed;
    expect(server.sessionCount).toBe(0);
  });
});

describe('interceptor and metrics', () => {
  test('the interceptor refuses before the handler', async () => {
    await start({
      interceptor: (call) => {
        if (call.metadata('x-pass') === 'yes') return true;
        call.fail(16, 'no pass');
        return false;
      },
    });
    const refused = await unary('/test.Echo/Unary', Buffer.from('x'));
    expect(refused.error?.code).toBe(status.UNAUTHENTICATED);
    const metadata = new Metadata();
    metadata.set('x-pass', 'yes');
    const passed = await unary('/test.Echo/Unary', Buffer.from('x'), metadata);
    expect(passed.value?.toString()).toBe('x');
  });
});
