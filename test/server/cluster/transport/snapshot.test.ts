// Goal: a database reaches the other side whole, at the receiver's speed, while everything else goes on, and raft hears
// exactly once how it ended. Method: 64 MiB over the loopback with heartbeats sent after each chunk that arrives; senders
// and receivers that fail. A failure means elections during snapshots, or a follower that is never sent one again.
import { afterEach, describe, expect, it } from 'vitest';
import { type Message, MessageType } from '../../../../server/raft/types.ts';
import { message, startPair, stopAll, TestMember, until } from './harness.ts';

afterEach(stopAll);

const MIB = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

const confState = {
  voters: [1n, 2n],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

function snapshotMessage(to = 2n): Message {
  const metadata = { index: 42, term: 3, confState };
  const snapshot = { data: new Uint8Array([1, 2, 3]), metadata };
  return message({ type: MessageType.snap, from: 1n, to, term: 3, snapshot });
}

function heartbeat(from: bigint, to: bigint, commit: number): Message {
  return message({ type: MessageType.heartbeat, from, to, term: 3, commit });
}

function chunk(number: number): Uint8Array {
  return new Uint8Array(CHUNK_BYTES).fill(number);
}

async function* database(chunkCount: number): AsyncGenerator<Uint8Array, void, void> {
  for (let i = 0; i < chunkCount; i++) yield chunk(i % 251);
}

describe('a snapshot', () => {
  it('of 64 MiB arrives whole while heartbeats flow both ways', async () => {
    const [a, b] = await startPair();
    const chunkCount = (64 * MIB) / CHUNK_BYTES;
    let sentChunks = 0;
    a.snapshots.chunks = async function* () {
      for await (const part of database(chunkCount)) {
        sentChunks++;
        yield part;
      }
    };
    // A heartbeat for each MiB that has arrived. How many more MiB arrive before it is taken is the delay.
    let arrivedBytes = 0;
    let beatsSent = 0;
    let lagMax = 0;
    let ahead = 0;
    b.snapshots.onChunk = (part) => {
      arrivedBytes += part.length;
      ahead = Math.max(ahead, sentChunks * CHUNK_BYTES - arrivedBytes);
      if (arrivedBytes < (beatsSent + 1) * MIB) return;
      beatsSent++;
      a.transport.send([heartbeat(1n, 2n, beatsSent)]);
      b.transport.send([heartbeat(2n, 1n, beatsSent)]);
    };
    b.raft.onStep = ({ type, commit }) => {
      if (type === MessageType.heartbeat) lagMax = Math.max(lagMax, beatsSent - commit);
    };
    a.raft.onStep = b.raft.onStep;
    a.transport.send([snapshotMessage()]);
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(a.raft.snapshotReports).toEqual([{ id: 2n, ok: true }]);
    expect(b.snapshots.received[0]?.sizeBytes).toBe(64 * MIB);
    expect(b.snapshots.received[0]?.message).toEqual(snapshotMessage());
    expect(b.raft.ofType(MessageType.snap)).toHaveLength(1);
    expect(b.raft.ofType(MessageType.heartbeat).length).toBeGreaterThanOrEqual(60);
    expect(a.raft.ofType(MessageType.heartbeat).length).toBeGreaterThanOrEqual(60);
    expect(lagMax).toBeLessThanOrEqual(8);
    // The receiver sets the speed: what is under way fits into buffers of the system.
    expect(ahead).toBeLessThan(32 * MIB);
    expect(a.snapshots.closedCount).toBe(1);
    expect(a.metrics.print()).toContain('etcd_network_snapshot_send_success{To="2"} 1\n');
    expect(b.metrics.print()).toContain('etcd_network_snapshot_receive_success{From="1"} 1\n');
  });

  it('waits for a slow receiver', async () => {
    const [a, b] = await startPair();
    let sentChunks = 0;
    a.snapshots.chunks = async function* () {
      for await (const part of database(256)) {
        sentChunks++;
        yield part;
      }
    };
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    b.snapshots.onChunk = () => released;
    a.transport.send([snapshotMessage()]);
    await until(() => sentChunks > 0);
    // Full buffers stop the source. Heartbeats that are answered show that time has passed for everything else.
    let before = -1;
    while (before !== sentChunks) {
      before = sentChunks;
      const count = b.raft.messages.length;
      for (let i = 0; i < 50; i++) {
        a.transport.send([heartbeat(1n, 2n, i)]);
        await b.raft.received(count + i + 1);
      }
    }
    expect(sentChunks).toBeLessThan(256);
    release();
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(b.snapshots.received[0]?.sizeBytes).toBe(64 * MIB);
  });

  it('that can not be made is reported as failed, and nothing else', async () => {
    const [a] = await startPair();
    a.snapshots.failure = new Error('no space');
    a.transport.send([snapshotMessage()]);
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(a.raft.snapshotReports).toEqual([{ id: 2n, ok: false }]);
    expect(a.raft.unreachable).toEqual([]);
    expect(a.transport.snapshotsInFlight).toBe(0);
  });

  it('whose source breaks off is not taken for a whole one', async () => {
    const [a, b] = await startPair();
    a.snapshots.chunks = async function* () {
      yield* database(4);
      throw new Error('read error');
    };
    a.transport.send([snapshotMessage()]);
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(a.raft.snapshotReports).toEqual([{ id: 2n, ok: false }]);
    expect(a.snapshots.closedCount).toBe(1);
    await until(() => b.metrics.print().includes('snapshot_receive_failures{From="1"} 1'));
    expect(b.snapshots.received).toEqual([]);
    expect(b.raft.ofType(MessageType.snap)).toEqual([]);
  });

  it('that the receiver can not save is reported as failed', async () => {
    const [a, b] = await startPair();
    a.snapshots.chunks = () => database(8);
    b.snapshots.onChunk = () => Promise.reject(new Error('disk full'));
    a.transport.send([snapshotMessage()]);
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(a.raft.snapshotReports).toEqual([{ id: 2n, ok: false }]);
    expect(a.raft.unreachable).toContain(2n);
  });

  it('is given up when the receiver takes nothing', async () => {
    const [a, b] = await startPair({ timing: { snapshotStallMs: 100 } });
    a.snapshots.chunks = () => database(512);
    b.snapshots.onChunk = () => new Promise(() => undefined);
    a.transport.send([snapshotMessage()]);
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(a.raft.snapshotReports).toEqual([{ id: 2n, ok: false }]);
  });

  it('from a removed member is refused and stops the sender', async () => {
    const [a, b] = await startPair();
    b.raft.removed.add(1n);
    a.transport.send([snapshotMessage()]);
    await a.raft.until(() => a.removedHere === 1);
    expect(b.snapshots.received).toEqual([]);
  });

  it('is one of at most 16', async () => {
    const a = await TestMember.start(1n);
    const b = await TestMember.start(2n);
    a.transport.addPeer(2n, [b.url]);
    let ends: (() => void)[] = [];
    a.snapshots.chunks = async function* () {
      await new Promise<void>((resolve) => ends.push(resolve));
      yield chunk(1);
    };
    for (let i = 0; i < 17; i++) a.transport.send([snapshotMessage()]);
    expect(a.transport.snapshotsInFlight).toBe(16);
    await a.raft.until(() => a.raft.snapshotReports.length === 1);
    expect(a.raft.snapshotReports[0]).toEqual({ id: 2n, ok: false });
    await until(() => ends.length === 16);
    for (const end of ends) end();
    ends = [];
    // The receiver takes four at once and refuses the others.
    await a.raft.until(() => a.raft.snapshotReports.length === 17);
    expect(a.raft.snapshotReports.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(4);
    expect(a.transport.snapshotsInFlight).toBe(0);
  });

  it('is not made any further once its peer is removed', async () => {
    const [a] = await startPair();
    let isBegun = false;
    a.snapshots.made = (cancel) => {
      isBegun = true;
      return new Promise((_resolve, reject) => {
        cancel.addEventListener('abort', () => reject(new Error('nobody wants it')));
      });
    };
    a.transport.send([snapshotMessage()]);
    await until(() => isBegun);
    a.transport.removePeer(2n);
    await until(() => a.transport.snapshotsInFlight === 0);
    expect(a.raft.snapshotReports).toEqual([]);
  });

  it('is not reported once its peer is removed', async () => {
    const [a] = await startPair();
    let started = false;
    a.snapshots.chunks = async function* () {
      started = true;
      for (let i = 0; ; i++) yield chunk(i % 251);
    };
    a.transport.send([snapshotMessage()]);
    await until(() => started);
    a.transport.removePeer(2n);
    await until(() => a.transport.snapshotsInFlight === 0);
    expect(a.raft.snapshotReports).toEqual([]);
    expect(a.snapshots.closedCount).toBe(1);
  });
});
