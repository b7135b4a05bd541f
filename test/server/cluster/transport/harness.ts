// A member for tests of the peer transport: a real HTTP server and real connections on the loopback, a raft that only
// takes notes, a snapshot store in memory. Nothing waits for time: `until` is asked again after every event.

import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'vitest';
import type { Clock } from '../../../../server/base/clock.ts';
import { type Logger, SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { MetricRegistry } from '../../../../server/base/metrics.ts';
import { FrameOutput, type FrameSize } from '../../../../server/cluster/transport/frame-output.ts';
import type { StreamEncoder } from '../../../../server/cluster/transport/message-codec.ts';
import { createPeerServer } from '../../../../server/cluster/transport/peer-handler.ts';
import { PeerTransport } from '../../../../server/cluster/transport/peer-transport.ts';
import type {
  OutgoingSnapshot,
  PeerNodePort,
  PeerTiming,
  PeerTransportOptions,
  RaftPort,
  SnapshotPort,
  StepOutcome,
} from '../../../../server/cluster/transport/types.ts';
import { createMessage } from '../../../../server/proto/gen/raft.ts';
import type { Entry, Message } from '../../../../server/raft/types.ts';

export const CLUSTER_ID = 0xcdf8_1819_4e3a_8c32n;

export const FAST: PeerTiming = {
  streamSilenceMs: 2_000,
  linkHeartbeatMs: 20,
  redialMs: 5,
  patienceMs: 10_000,
  dialTimeoutMs: 2_000,
  responseTimeoutMs: 2_000,
  snapshotStallMs: 5_000,
  snapshotSaveMs: 5_000,
  probeIntervalMs: 20,
  unhealthyLogMs: 50,
  healthyLogMs: 100,
};

export const clock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

type Waiter = { readonly holds: () => boolean; readonly resolve: () => void };

/** Resolves once `holds`, which is asked whenever something happened. */
class Events {
  readonly #waiters: Set<Waiter> = new Set();

  happened(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.holds()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.add({ holds, resolve });
    });
  }
}

export class FakeRaft extends Events implements RaftPort {
  readonly messages: Message[] = [];
  readonly unreachable: bigint[] = [];
  readonly gone: bigint[] = [];
  readonly snapshotReports: { readonly id: bigint; readonly ok: boolean }[] = [];
  readonly removed: Set<bigint> = new Set();
  outcome: StepOutcome = { kind: 'taken' };
  dispensable = false;
  onStep: ((message: Message) => void) | undefined = undefined;

  step(message: Message): StepOutcome {
    this.messages.push(message);
    this.onStep?.(message);
    this.happened();
    return this.outcome;
  }

  reportUnreachable(id: bigint): void {
    this.unreachable.push(id);
    this.happened();
  }

  reportGone(id: bigint): void {
    this.gone.push(id);
    this.happened();
  }

  reportSnapshot(id: bigint, ok: boolean): void {
    this.snapshotReports.push({ id, ok });
    this.happened();
  }

  isRemoved(id: bigint): boolean {
    return this.removed.has(id);
  }

  isDispensable(): boolean {
    return this.dispensable;
  }

  ofType(type: number): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  received(count: number): Promise<void> {
    return this.until(() => this.messages.length >= count);
  }
}

export interface ReceivedSnapshot {
  readonly message: Message;
  readonly sizeBytes: number;
  readonly checksum: number;
}

export class FakeSnapshots implements SnapshotPort {
  readonly received: ReceivedSnapshot[] = [];
  closedCount = 0;
  /** What `openForSend` waits for. */
  made: (cancel: AbortSignal) => Promise<void> = () => Promise.resolve();
  /** What `openForSend` gives. */
  chunks: () => AsyncIterable<Uint8Array> = async function* () {};
  /** Called for each chunk that arrives. */
  onChunk: (chunk: Uint8Array) => Promise<void> | void = () => undefined;
  failure: Error | undefined = undefined;
  readonly #raft: FakeRaft;

  constructor(raft: FakeRaft) {
    this.#raft = raft;
  }

  async openForSend(message: Message, cancel: AbortSignal): Promise<OutgoingSnapshot> {
    if (this.failure !== undefined) throw this.failure;
    await this.made(cancel);
    return {
      message,
      totalBytes: undefined,
      chunks: this.chunks(),
      close: () => {
        this.closedCount++;
      },
    };
  }

  async receive(message: Message, body: AsyncIterable<Uint8Array>): Promise<StepOutcome> {
    let sizeBytes = 0;
    let checksum = 0;
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      for (let i = 0; i < chunk.length; i += 997) checksum = (checksum + (chunk[i] ?? 0)) | 0;
      await this.onChunk(chunk);
    }
    this.received.push({ message, sizeBytes, checksum });
    return this.#raft.step(message);
  }
}

export const idleNode: PeerNodePort = {
  members: () => [],
  versions: () => ({ etcdserver: '3.7.1', etcdcluster: '3.7.0', storage: '3.7.0' }),
  promote: () => undefined,
  hashKv: () => undefined,
  renewLease: () => undefined,
  leaseTimeToLive: () => undefined,
  downgradeEnabled: () => undefined,
};

export interface MemberOptions extends Partial<Omit<PeerTransportOptions, 'localId'>> {
  readonly node?: Partial<PeerNodePort>;
  readonly port?: number;
}

export class TestMember {
  readonly id: bigint;
  readonly raft: FakeRaft;
  readonly snapshots: FakeSnapshots;
  readonly metrics: MetricRegistry;
  readonly transport: PeerTransport;
  readonly server: Server;
  readonly sockets: Set<Socket> = new Set();
  removedHere = 0;

  private constructor(id: bigint, options: MemberOptions) {
    this.id = id;
    this.raft = new FakeRaft();
    this.snapshots = new FakeSnapshots(this.raft);
    this.metrics = new MetricRegistry();
    this.transport = new PeerTransport({
      localId: id,
      clusterId: CLUSTER_ID,
      localPeerUrls: ['http://127.0.0.1:1'],
      serverVersion: '3.7.1',
      minClusterVersion: '3.0.0',
      logger: SILENT_LOGGER,
      metrics: this.metrics,
      clock,
      raft: this.raft,
      snapshots: this.snapshots,
      onPermanentlyRemoved: () => {
        this.removedHere++;
        this.raft.happened();
      },
      ...options,
      timing: { ...FAST, ...options.timing },
    });
    this.server = createPeerServer({
      transport: this.transport,
      node: { ...idleNode, ...options.node },
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(id: bigint, options: MemberOptions = {}): Promise<TestMember> {
    const member = new TestMember(id, options);
    await new Promise<void>((resolve) => {
      member.server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    member.transport.start();
    started.add(member);
    return member;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts all connections that others have made to this member. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    if (!started.delete(this)) return;
    this.transport.stop();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

const started: Set<TestMember> = new Set();

export async function stopAll(): Promise<void> {
  await Promise.all([...started].map((member) => member.stop()));
}

/** Two members that know each other, with all four streams standing. */
export async function startPair(
  a: MemberOptions = {},
  b: MemberOptions = {},
): Promise<[TestMember, TestMember]> {
  const first = await TestMember.start(1n, a);
  const second = await TestMember.start(2n, b);
  connect(first, second);
  await streamsStand(first, second);
  return [first, second];
}

export function connect(a: TestMember, b: TestMember): void {
  a.transport.addPeer(b.id, [b.url]);
  b.transport.addPeer(a.id, [a.url]);
}

/** Both ways, both kinds. */
export async function streamsStand(a: TestMember, b: TestMember): Promise<void> {
  await until(() => hasStreams(a, b) && hasStreams(b, a));
}

function hasStreams(from: TestMember, to: TestMember): boolean {
  return from.transport.isAttached(to.id, 'message') && from.transport.isAttached(to.id, 'msgapp');
}

/** Asked once per turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export function message(partial: Partial<Message>): Message {
  return createMessage(partial);
}

export function entry(term: number, index: number, text = `value ${index}`): Entry {
  return { type: 0, term, index, data: new TextEncoder().encode(text) };
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A logger that remembers what was said. */
export function notingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (line: string): void => {
    lines.push(line);
  };
  return { lines, debug: note, info: note, warn: note, error: note, fatal: note };
}

/** The frames of one write, in pieces. */
export function encodePieces(
  encoder: StreamEncoder,
  messages: readonly Message[],
): { readonly size: FrameSize; readonly pieces: readonly Uint8Array[] } {
  const size: FrameSize = { copiedBytes: 0, insertedBytes: 0 };
  for (const item of messages) encoder.plan(item, size);
  const out = new FrameOutput(new Uint8Array(size.copiedBytes), 0);
  for (const item of messages) encoder.write(item, out);
  return { size, pieces: out.finish(0) };
}

/** The frames of one write. */
export function encodeAll(encoder: StreamEncoder, messages: readonly Message[]): Uint8Array {
  const { size, pieces } = encodePieces(encoder, messages);
  const bytes = Buffer.concat(pieces);
  expect(bytes.length).toBe(size.copiedBytes + size.insertedBytes);
  return bytes;
}
