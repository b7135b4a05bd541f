// Goal: an answer that cannot be sent ends its own call with grpc-go's words, and nothing else. Method: encoders that only
// claim to be large, or throw, used from outside of a handler as the node does; grpc-js hears the status. A failure
// means that one large read ends the process for everybody.
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AssertionError } from '../../../../server/base/assert.ts';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import type {
  BidiCall,
  CancelReason,
  MessageEncoder,
  ServerStreamCall,
  UnaryCall,
} from '../../../../server/rpc/grpc/types.ts';
import { BYTES, RAW, type Rig, startRig } from './grpc-harness.ts';

let rig: Rig;
let unary: UnaryCall | undefined;
let stream: ServerStreamCall | BidiCall | undefined;
let reasons: CancelReason[];
let errors: [string, unknown][];

const onCancelled = (_call: unknown, reason: CancelReason): void => {
  reasons.push(reason);
};
const listener = { onCancelled, onDrain: (): void => undefined };

beforeEach(async () => {
  unary = undefined;
  stream = undefined;
  reasons = [];
  errors = [];
  const error = (text: string, fields?: unknown): void => void errors.push([text, fields]);
  rig = await startRig(
    {
      '/test.Echo/Unary': {
        kind: 'unary',
        handle: (call) => {
          unary = call;
        },
      },
      '/test.Echo/Stream': {
        kind: 'serverStream',
        handle: (call) => {
          call.listener = listener;
          stream = call;
        },
      },
      '/test.Echo/Bidi': {
        kind: 'bidi',
        open: (call) => {
          stream = call;
          return { ...listener, onMessage: () => undefined, onHalfClosed: () => undefined };
        },
      },
    },
    { logger: { ...SILENT_LOGGER, error } },
  );
});

afterEach(() => rig.close());

/** Says that it has so many bytes; nothing is to be written of it. */
function claiming(sizeBytes: number): MessageEncoder<undefined> {
  return {
    sizeBytes: () => sizeBytes,
    write: () => {
      throw new Error('written all the same');
    },
  };
}

/** Runs out of memory, as Buffer does. */
const exhausted: MessageEncoder<undefined> = {
  sizeBytes: () => 1,
  write: () => {
    throw new RangeError('Array buffer allocation failed');
  },
};

async function openUnary(): Promise<{ call: UnaryCall; ended: Promise<string> }> {
  const ended = new Promise<string>((resolve) => {
    rig.client.makeUnaryRequest(
      '/test.Echo/Unary',
      RAW.serialize,
      RAW.deserialize,
      Buffer.alloc(1),
      (error, answer) =>
        resolve(error === null ? `ok ${answer?.length}` : `${error.code} ${error.details}`),
    );
  });
  await expect.poll(() => unary).toBeDefined();
  return { call: unary as UnaryCall, ended };
}

async function openStream(
  path: string,
): Promise<{ call: ServerStreamCall | BidiCall; ended: Promise<string> }> {
  const opened = path.endsWith('Bidi')
    ? rig.client.makeBidiStreamRequest(path, RAW.serialize, RAW.deserialize)
    : rig.client.makeServerStreamRequest(path, RAW.serialize, RAW.deserialize, Buffer.alloc(1));
  opened.on('data', () => undefined);
  const ended = new Promise<string>((resolve) => {
    opened.on('error', (error: Error & { code?: number; details?: string }) =>
      resolve(`${error.code} ${error.details}`),
    );
  });
  await expect.poll(() => stream).toBeDefined();
  return { call: stream as ServerStreamCall | BidiCall, ended };
}

it.each([2 ** 31, 2 ** 33 + 5])('refuses an answer of %i bytes', async (sizeBytes) => {
  const { call, ended } = await openUnary();
  call.respond(claiming(sizeBytes), undefined);
  rig.listeners.flushNow();
  const text = `grpc: trying to send message larger than max (${sizeBytes} vs. 2147483647)`;
  expect(await ended).toBe(`${status.RESOURCE_EXHAUSTED} ${text}`);
  expect(errors).toEqual([]);
});

it('refuses ready bytes of that size', async () => {
  const { call, ended } = await openUnary();
  const bytes = new Uint8Array(1);
  Object.defineProperty(bytes, 'length', { value: 2 ** 31 });
  call.respondBytes(bytes);
  rig.listeners.flushNow();
  expect(await ended).toContain('trying to send message larger than max (2147483648 vs.');
});

it.each(['/test.Echo/Stream', '/test.Echo/Bidi'])('refuses a message of %s', async (path) => {
  const { call, ended } = await openStream(path);
  expect(call.send(BYTES, Buffer.from('small'))).toBe(true);
  expect(call.send(claiming(2 ** 31), undefined)).toBe(false);
  expect(call.send(BYTES, Buffer.from('small'))).toBe(false);
  rig.listeners.flushNow();
  const text = 'trying to send message larger than max (2147483648 vs. 2147483647)';
  expect(await ended).toBe(`${status.RESOURCE_EXHAUSTED} ${text}`);
  // The handler did not end it, so it is told: watchers and reads are given back.
  expect(reasons).toEqual(['stopping']);
});

it('fails the call that finds no memory for its answer, and no other', async () => {
  const first = await openUnary();
  unary = undefined;
  const second = await openUnary();
  first.call.respond(exhausted, undefined);
  second.call.respond(BYTES, Buffer.alloc(3));
  rig.listeners.flushNow();
  const text = 'grpc: error while marshaling: Array buffer allocation failed';
  expect(await first.ended).toBe(`${status.INTERNAL} ${text}`);
  expect(await second.ended).toBe('ok 3');
  expect(errors).toEqual([
    [
      'an answer could not be encoded',
      { method: '/test.Echo/Unary', error: 'Array buffer allocation failed' },
    ],
  ]);
  const opened = await openStream('/test.Echo/Stream');
  expect(opened.call.send(exhausted, undefined)).toBe(false);
  rig.listeners.flushNow();
  expect(await opened.ended).toBe(`${status.INTERNAL} ${text}`);
});

it('lets a broken invariant go on', async () => {
  const { call, ended } = await openUnary();
  const broken: MessageEncoder<undefined> = {
    sizeBytes: () => {
      throw new AssertionError('broken');
    },
    write: () => 0,
  };
  expect(() => call.respond(broken, undefined)).toThrow(AssertionError);
  call.respond(BYTES, Buffer.alloc(1));
  rig.listeners.flushNow();
  expect(await ended).toBe('ok 1');
});
