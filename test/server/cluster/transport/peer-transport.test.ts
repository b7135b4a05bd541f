// Goal: messages between two members arrive in order, over the channel that fits, and raft hears of what is lost.
// Method: two transports on the loopback with rafts that take notes. A failure means that a cluster loses messages in
// silence, stops replicating, or never comes back after a restart.
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  type AddressInfo,
  createConnection,
  createServer as createProxy,
  type Socket,
} from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Message, MessageType } from '../../../../server/raft/types.ts';
import {
  CLUSTER_ID,
  connect,
  entry,
  message,
  notingLogger,
  startPair,
  stopAll,
  streamsStand,
  TestMember,
  textOf,
  until,
} from './harness.ts';

afterEach(stopAll);

function append(index: number, count: number, term = 1): Message {
  const entries = Array.from({ length: count }, (_, i) => entry(term, index + 1 + i));
  const logTerm = index === 0 ? 0 : term;
  return message({ type: MessageType.app, from: 1n, to: 2n, term, logTerm, index, entries });
}

function heartbeat(commit: number): Message {
  return message({ type: MessageType.heartbeat, from: 1n, to: 2n, term: 1, commit });
}

describe('a long log', () => {
  it('is read in slices by a member that no quorum needs', async () => {
    const [a, b] = await startPair();
    b.raft.dispensable = true;
    const text = 'x'.repeat(256 * 1024);
    const count = 64;
    for (let i = 0; i < count; i++) {
      const entries = [entry(1, i + 1, text)];
      const log = { index: i, logTerm: i === 0 ? 0 : 1, term: 1, entries };
      a.transport.send([message({ type: MessageType.app, from: 1n, to: 2n, ...log })]);
    }
    await b.raft.received(1);
    // Heartbeats have a stream of their own, on which nothing rests.
    const heartbeatPasses = async (): Promise<void> => {
      const seen = b.raft.ofType(MessageType.heartbeat).length;
      a.transport.send([heartbeat(0)]);
      await b.raft.until(() => b.raft.ofType(MessageType.heartbeat).length > seen);
    };
    for (let i = 0; i < 100; i++) await heartbeatPasses();
    expect(b.raft.ofType(MessageType.app).length).toBeLessThan(count / 2);
    for (let index = 0; index < count; ) {
      await heartbeatPasses();
      index = b.raft.ofType(MessageType.app).at(-1)?.entries[0]?.index ?? 0;
      b.transport.send([message({ type: MessageType.appResp, from: 2n, to: 1n, term: 1, index })]);
    }
    const indexes = b.raft.ofType(MessageType.app).map((item) => item.index);
    expect(indexes).toEqual(Array.from({ length: count }, (_, i) => i));
  });
});

describe('sending', () => {
  it('keeps the order of appends and of other messages', async () => {
    const [a, b] = await startPair();
    for (let i = 0; i < 500; i++) a.transport.send([append(i * 2, 2), heartbeat(i)]);
    await b.raft.until(() => b.raft.messages.length === 1000);
    expect(b.raft.ofType(MessageType.app).map((item) => item.index)).toEqual(
      Array.from({ length: 500 }, (_, i) => i * 2),
    );
    expect(b.raft.ofType(MessageType.heartbeat).map((item) => item.commit)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
    const last = b.raft.ofType(MessageType.app).at(-1);
    expect(last?.entries.map((item) => textOf(item.data))).toEqual(['value 999', 'value 1000']);
    expect(last).toMatchObject({ from: 1n, to: 2n, term: 1, logTerm: 1 });
    expect(a.raft.unreachable).toEqual([]);
  });

  it('writes messages that are sent together at once', async () => {
    const [a, b] = await startPair({}, { timing: { linkHeartbeatMs: 60_000 } });
    let writes = 0;
    for (const socket of a.sockets) {
      const write = socket.write;
      socket.write = ((...args: Parameters<typeof write>) => {
        writes++;
        return write.apply(socket, args);
      }) as typeof write;
    }
    a.transport.send(Array.from({ length: 100 }, (_, i) => heartbeat(i)));
    expect(writes).toBe(1);
    await b.raft.received(100);
  });

  it('sends only the last append response, and nothing to removed members', async () => {
    const [a, b] = await startPair();
    const response = (index: number): Message =>
      message({ type: MessageType.appResp, from: 1n, to: 2n, term: 1, index });
    a.raft.removed.add(3n);
    a.transport.send([
      response(1),
      heartbeat(1),
      response(2),
      message({ ...heartbeat(9), to: 3n }),
      message({ ...heartbeat(9), to: 0n }),
      message({ ...heartbeat(9), to: 99n }),
    ]);
    await b.raft.received(2);
    expect(b.raft.messages.map((item) => [item.type, item.index])).toEqual([
      [MessageType.heartbeat, 0],
      [MessageType.appResp, 2],
    ]);
  });

  it('posts while there are no streams', async () => {
    const a = await TestMember.start(1n);
    const b = await TestMember.start(2n);
    // b knows nobody, so it gives no stream; a's messages come by POST.
    a.transport.addPeer(2n, [b.url]);
    a.transport.send([heartbeat(7)]);
    await b.raft.received(1);
    expect(b.raft.messages[0]?.commit).toBe(7);
    await until(() => a.transport.activeSince(2n) !== undefined);
  });

  it('answers a sender it did not know at the addresses the sender named', async () => {
    const b = await TestMember.start(2n);
    const c = await TestMember.start(3n);
    const d = await TestMember.start(1n, { localPeerUrls: [c.url] });
    d.transport.addPeer(2n, [b.url]);
    d.transport.send([heartbeat(1)]);
    await b.raft.received(1);
    b.transport.send([message({ type: MessageType.heartbeatResp, from: 2n, to: 1n, term: 1 })]);
    // c stands at the address that d gave as its own, and stops it: it has another id.
    await until(() => b.removedHere === 1);
    expect(c.raft.messages).toEqual([]);
  });
});

/** Until one of them ends, with an error or without. */
function pipeBoth(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const socket of [one, other]) {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      one.destroy();
      other.destroy();
    });
  }
}

describe('losing connections', () => {
  it('dials again after the other side restarted', async () => {
    const [a, b] = await startPair();
    const { port } = b;
    await b.stop();
    await until(() => a.transport.activeSince(2n) === undefined);
    const again = await TestMember.start(2n, { port });
    again.transport.addPeer(1n, [a.url]);
    await streamsStand(a, again);
    a.transport.send([append(0, 3), heartbeat(1)]);
    await again.raft.received(2);
    expect(a.transport.activePeers()).toBe(1);
  });

  it('dials again after all connections were cut, again and again', async () => {
    const [a, b] = await startPair();
    for (let round = 0; round < 5; round++) {
      const before = b.raft.messages.length;
      a.cut();
      b.cut();
      await until(() => !a.transport.isAttached(2n, 'message'));
      await streamsStand(a, b);
      a.transport.send([append(round, 1), heartbeat(round)]);
      await b.raft.received(before + 2);
    }
  });

  it('tells raft of a peer that is gone, not of one that is only cut off', async () => {
    const [a, b] = await startPair();
    a.cut();
    b.cut();
    await until(() => !a.transport.isAttached(2n, 'message'));
    await streamsStand(a, b);
    expect(a.raft.gone).toEqual([]);
    await b.stop();
    await a.raft.until(() => a.raft.gone.length > 0);
    expect(new Set(a.raft.gone)).toEqual(new Set([2n]));
  });

  it('tries the next address when one does not answer', async () => {
    const a = await TestMember.start(1n);
    const b = await TestMember.start(2n);
    a.transport.addPeer(2n, ['http://127.0.0.1:1', b.url]);
    b.transport.addPeer(1n, [a.url]);
    await streamsStand(a, b);
    expect(a.raft.gone).toEqual([]);
    a.transport.updatePeer(2n, [b.url]);
    a.transport.send([heartbeat(1)]);
    await b.raft.received(1);
  });

  it('dials anew when the peer is heard, for the first dial may hang since before it was there', async () => {
    // As slow as it gets: only being heard can end a dial here.
    const slow = { dialTimeoutMs: 60_000, streamSilenceMs: 60_000, probeIntervalMs: 60_000 };
    const timing = { ...slow, patienceMs: 20 };
    const a = await TestMember.start(1n, { timing });
    const b = await TestMember.start(2n, { timing });
    const held: Socket[] = [];
    let isListening = false;
    const front = createProxy((socket) => {
      if (isListening) pipeBoth(socket, createConnection(b.port, '127.0.0.1'));
      else held.push(socket);
    });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    const { port } = front.address() as AddressInfo;
    a.transport.addPeer(2n, [`http://127.0.0.1:${port}`]);
    await until(() => held.length === 2);
    isListening = true;
    b.transport.addPeer(1n, [a.url]);
    await streamsStand(a, b);
    expect(held).toHaveLength(2);
    await stopAll();
    for (const socket of held) socket.destroy();
    front.close();
  });

  it('gives up a stream that says nothing', async () => {
    const logger = notingLogger();
    const a = await TestMember.start(1n, { timing: { streamSilenceMs: 60 }, logger });
    // Its writers never beat.
    const b = await TestMember.start(2n, { timing: { linkHeartbeatMs: 60_000 } });
    connect(a, b);
    await until(() => logger.lines.filter((line) => line.startsWith('lost TCP')).length >= 4);
    // And asks again each time.
    await streamsStand(a, b);
  });

  it('gives up a stream of garbage, and asks again', async () => {
    const logger = notingLogger();
    const a = await TestMember.start(1n, { logger });
    let asked = 0;
    const liar = createServer((request, response) => {
      asked++;
      response.setHeader('X-Server-Version', '3.5.16');
      if (!request.url?.startsWith('/raft/stream/')) response.statusCode = 404;
      response.end(Buffer.alloc(100, 0xff));
    });
    await new Promise<void>((resolve) => {
      liar.listen(0, '127.0.0.1', resolve);
    });
    const { port } = liar.address() as AddressInfo;
    a.transport.addPeer(2n, [`http://127.0.0.1:${port}`]);
    await until(() => asked >= 6);
    expect(a.raft.messages).toEqual([]);
    expect(logger.lines).toContain('lost TCP streaming connection with remote peer');
    expect(a.metrics.print()).toMatch(
      /etcd_network_peer_received_failures_total\{From="2"\} [1-9]/,
    );
    a.transport.stop();
    await new Promise<void>((resolve) => {
      liar.close(() => resolve());
      liar.closeAllConnections();
    });
  });

  it('is stopped for good by a peer that says it was removed', async () => {
    const logger = notingLogger();
    const [a, b] = await startPair({}, { logger });
    b.raft.removed.add(1n);
    b.cut();
    // Both streams are refused, again and again; the member hears of it once.
    const refusal = 'rejected stream from remote peer because it was removed';
    await until(() => logger.lines.filter((line) => line === refusal).length >= 4);
    expect(a.removedHere).toBe(1);
    expect(b.removedHere).toBe(0);
  });

  it('keeps asking a peer of another cluster, and is not stopped by it', async () => {
    const logger = notingLogger();
    const a = await TestMember.start(1n, { logger });
    const b = await TestMember.start(2n, { clusterId: 99n });
    connect(a, b);
    a.transport.send([heartbeat(1)]);
    await a.raft.until(() => a.raft.unreachable.length > 0);
    const refusal = 'request sent was ignored by remote peer due to cluster ID mismatch';
    await until(() => logger.lines.filter((line) => line === refusal).length >= 4);
    expect(logger.lines).toContain('request sent was ignored due to cluster ID mismatch');
    expect(b.raft.messages).toEqual([]);
    expect(a.removedHere).toBe(0);
    expect(a.transport.activeSince(2n)).toBeUndefined();
  });

  it('replaces a stream by a newer one', async () => {
    const [a, b] = await startPair();
    // A second member with the id of b asks for its streams.
    const twin = await TestMember.start(2n);
    twin.transport.addPeer(1n, [a.url]);
    await until(() => {
      a.transport.send([heartbeat(1)]);
      return twin.raft.messages.length > 0;
    });
    expect(b.transport.activeSince(1n)).toBeDefined();
  });
});

describe('overflow', () => {
  it('drops what exceeds the queue and tells raft', async () => {
    const [a, b] = await startPair();
    a.transport.send(Array.from({ length: 5000 }, (_, i) => heartbeat(i)));
    expect(a.raft.unreachable).toEqual([2n]);
    await b.raft.received(4096);
    expect(a.metrics.print()).toContain(
      `etcd_network_peer_sent_failures_total{To="2"} ${5000 - 4096}\n`,
    );
    expect(b.raft.messages.at(-1)?.commit).toBe(4095);
    a.transport.send([heartbeat(1)]);
    await b.raft.received(4097);
  });

  it('drops what exceeds the POSTs', async () => {
    const a = await TestMember.start(1n);
    a.transport.addPeer(2n, ['http://127.0.0.1:1']);
    for (let i = 0; i < 100; i++) a.transport.send([heartbeat(i)]);
    // One report for all that were dropped, and one for each POST that failed.
    await a.raft.until(() => a.raft.unreachable.length >= 1 + 64 + 4);
  });

  it('gives up a stream whose peer does not read, and tells raft', async () => {
    const a = await TestMember.start(1n, { timing: { streamSilenceMs: 100 } });
    a.transport.addPeer(2n, ['http://127.0.0.1:1']);
    const socket = await askForStream(a, '/raft/stream/msgapp/2');
    await until(() => a.transport.isAttached(2n, 'msgapp'));
    socket.pause();
    const before = a.raft.unreachable.length;
    const data = new Uint8Array(1 << 20);
    const big = message({ ...append(0, 1), entries: [{ ...entry(1, 1), data }] });
    // More than the buffers of the two sockets take.
    for (let i = 0; i < 64; i++) a.transport.send([big]);
    await until(() => !a.transport.isAttached(2n, 'msgapp'));
    expect(a.raft.unreachable.length).toBeGreaterThan(before);
    socket.destroy();
  });
});

/** A stream to a peer that only asks. */
async function askForStream(member: TestMember, path: string): Promise<Socket> {
  const socket = createConnection(member.port, '127.0.0.1');
  const headers = [
    'Host: x',
    'X-Server-From: 2',
    'X-Server-Version: 3.7.1',
    'X-Min-Cluster-Version: 3.0.0',
    `X-Etcd-Cluster-ID: ${CLUSTER_ID.toString(16)}`,
    'X-Raft-To: 1',
  ];
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

describe('pause', () => {
  it('loses messages both ways until resume', async () => {
    const [a, b] = await startPair();
    b.transport.pause(1n);
    a.transport.send([heartbeat(1)]);
    a.transport.pause(2n);
    a.transport.send([heartbeat(2)]);
    a.transport.resume(2n);
    a.transport.send([heartbeat(3)]);
    b.transport.resume(1n);
    await until(() => {
      a.transport.send([heartbeat(4)]);
      return b.raft.messages.length > 0;
    });
    expect(b.raft.messages.every((item) => item.commit !== 2)).toBe(true);
  });
});

describe('logs and metrics', () => {
  it('count what etcd counts', async () => {
    const [a, b] = await startPair();
    a.transport.send([heartbeat(1)]);
    await b.raft.received(1);
    const text = a.metrics.print();
    expect(text).toContain('etcd_network_active_peers{Local="1",Remote="2"} 1\n');
    expect(text).toMatch(/etcd_network_peer_sent_bytes_total\{To="2"\} [1-9]/);
    expect(b.metrics.print()).toMatch(/etcd_network_peer_received_bytes_total\{From="1"\} [1-9]/);
    await until(() =>
      /etcd_network_peer_round_trip_time_seconds_count\{To="2"\} [1-9]/.test(a.metrics.print()),
    );
    a.transport.removePeer(2n);
    expect(a.metrics.print()).toContain('etcd_network_active_peers{Local="1",Remote="2"} 0\n');
  });
});
