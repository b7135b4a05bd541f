// Owns what the gRPC tests share: a listening server with a small service of every kind of call, and a grpc-js client
// that sends and receives raw bytes.

import { Client, type ClientOptions, credentials } from '@grpc/grpc-js';
import type { Clock } from '../../../../server/base/clock.ts';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import type { HttpHandler } from '../../../../server/http/types.ts';
import { listen } from '../../../../server/listen/listen.ts';
import type { Listeners } from '../../../../server/listen/types.ts';
import { GrpcServer, type GrpcServerOptions } from '../../../../server/rpc/grpc/grpc-server.ts';
import type { MessageEncoder, ServiceTable } from '../../../../server/rpc/grpc/types.ts';

export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** Encodes a byte string as itself. */
export const BYTES: MessageEncoder<Uint8Array> = {
  sizeBytes: (value) => value.length,
  write: (value, out, offset) => {
    out.set(value, offset);
    return offset + value.length;
  },
};

export interface Rig {
  readonly server: GrpcServer;
  readonly listeners: Listeners;
  readonly client: Client;
  close(): Promise<void>;
}

export interface RigOptions extends Partial<GrpcServerOptions> {
  readonly http?: HttpHandler;
  readonly client?: ClientOptions;
}

/** Starts a server for `table` on a random port and a client for it. */
export async function startRig(table: ServiceTable, options: RigOptions = {}): Promise<Rig> {
  const { http, client: clientOptions, ...serverOptions } = options;
  const server = new GrpcServer({ clock: SYSTEM_CLOCK, ...serverOptions });
  server.register(table);
  const handlers = http === undefined ? { grpc: server } : { grpc: server, http };
  const listeners = await listen(['http://127.0.0.1:0'], handlers, {
    logger: SILENT_LOGGER,
    clock: SYSTEM_CLOCK,
  });
  const url = new URL(listeners.urls[0] ?? '');
  const client = new Client(url.host, credentials.createInsecure(), clientOptions);
  return {
    server,
    listeners,
    client,
    close: async () => {
      client.close();
      await listeners.close(0);
    },
  };
}

const identity = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const received = (bytes: Buffer): Buffer => bytes;

/** Serializers for raw bytes, in the order grpc-js wants them. */
export const RAW: {
  readonly serialize: (bytes: Uint8Array) => Buffer;
  readonly deserialize: (bytes: Buffer) => Buffer;
} = { serialize: identity, deserialize: received };
