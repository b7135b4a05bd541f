// Goal: members talk over mutual TLS, through the listeners of the server, and strangers do not. Method: two transports
// behind TLS listeners with fixture certificates. A failure means a secured cluster that does not form, or is open.

import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import type { PeerTls } from '../../../../server/cluster/transport/types.ts';
import { listen } from '../../../../server/listen/listen.ts';
import type { Listeners } from '../../../../server/listen/types.ts';
import { type Message, MessageType } from '../../../../server/raft/types.ts';
import { FIXTURES } from '../../listen/listen-harness.ts';
import { clock, message, stopAll, streamsStand, TestMember, until } from './harness.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  await stopAll();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const read = (name: string): Buffer => readFileSync(join(FIXTURES, name));
const KNOWN: PeerTls = () => ({
  ca: read('ca.crt'),
  cert: read('client.crt'),
  key: read('client.key'),
});

async function listenTls(nodeHttp: Server): Promise<Listeners> {
  const listeners = await listen(
    ['https://127.0.0.1:0'],
    { nodeHttp },
    {
      logger: SILENT_LOGGER,
      clock,
      endpoint: 'peer',
      tls: {
        certFile: join(FIXTURES, 'server.crt'),
        keyFile: join(FIXTURES, 'server.key'),
        trustedCaFile: join(FIXTURES, 'ca.crt'),
        clientCertAuth: true,
      },
    },
  );
  cleanups.push(() => listeners.close(0));
  return listeners;
}

async function startSecure(id: bigint, tls: PeerTls): Promise<[TestMember, string]> {
  const member = await TestMember.start(id, { tls });
  const listeners = await listenTls(member.server);
  return [member, listeners.urls[0] ?? ''];
}

function heartbeat(from: bigint, to: bigint): Message {
  return message({ type: MessageType.heartbeat, from, to, term: 1 });
}

describe('mutual TLS', () => {
  it('carries all four streams and snapshots', async () => {
    const [a, urlA] = await startSecure(1n, KNOWN);
    const [b, urlB] = await startSecure(2n, KNOWN);
    a.transport.addPeer(2n, [urlB]);
    b.transport.addPeer(1n, [urlA]);
    await streamsStand(a, b);
    a.transport.send([heartbeat(1n, 2n)]);
    b.transport.send([heartbeat(2n, 1n)]);
    await Promise.all([a.raft.received(1), b.raft.received(1)]);
    a.snapshots.chunks = async function* () {
      for (let i = 0; i < 64; i++) yield new Uint8Array(64 * 1024).fill(i);
    };
    const confState = { voters: [1n], learners: [], votersOutgoing: [], learnersNext: [] };
    const metadata = { index: 1, term: 1, confState: { ...confState, autoLeave: false } };
    const snapshot = { data: new Uint8Array(0), metadata };
    a.transport.send([{ ...heartbeat(1n, 2n), type: MessageType.snap, snapshot }]);
    await a.raft.until(() => a.raft.snapshotReports.length > 0);
    expect(b.snapshots.received[0]?.sizeBytes).toBe(4 * 1024 * 1024);
  });

  it('refuses a member without a certificate', async () => {
    const [a, urlA] = await startSecure(1n, KNOWN);
    const [b, urlB] = await startSecure(2n, () => ({ ca: read('ca.crt') }));
    a.transport.addPeer(2n, [urlB]);
    b.transport.addPeer(1n, [urlA]);
    b.transport.send([heartbeat(2n, 1n)]);
    await b.raft.until(() => b.raft.unreachable.length > 0);
    // a gets its streams from b, b none from a.
    await until(() => b.transport.isAttached(1n, 'message'));
    expect(a.transport.isAttached(2n, 'message')).toBe(false);
    expect(a.raft.messages).toEqual([]);
  });

  it('does not talk to a server it does not know', async () => {
    const [a] = await startSecure(1n, () => ({ ...KNOWN(), ca: read('stranger-ca.crt') }));
    const [b, urlB] = await startSecure(2n, KNOWN);
    a.transport.addPeer(2n, [urlB]);
    a.transport.send([heartbeat(1n, 2n)]);
    await a.raft.until(() => a.raft.unreachable.length > 0);
    expect(b.raft.messages).toEqual([]);
  });

  it('goes on when a certificate can not be read for a while', async () => {
    let isThere = false;
    const tls: PeerTls = () => {
      if (!isThere) throw new Error('no such file');
      return KNOWN();
    };
    const [a, urlA] = await startSecure(1n, tls);
    const [b, urlB] = await startSecure(2n, KNOWN);
    a.transport.addPeer(2n, [urlB]);
    b.transport.addPeer(1n, [urlA]);
    a.transport.send([heartbeat(1n, 2n)]);
    await a.raft.until(() => a.raft.unreachable.length > 0);
    isThere = true;
    await streamsStand(a, b);
  });

  it('speaks HTTP/1.1 alone', async () => {
    const [, url] = await startSecure(1n, KNOWN);
    const port = Number(new URL(url).port);
    const socket = connectTls({ ...KNOWN(), port, ALPNProtocols: ['http/1.1'] });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });
});
