// Goal: a keep-alive that reaches a follower is answered by the leader, whoever else asks at the same time and whatever
// happens to the connection. Method: the follower's side against leaders whose node is played, on the port as it is served
// (also over TLS), on node:http alone, and on bare sockets. A failure means leases that expire under a living client.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { EtcdError, isEtcdError } from '../../../../server/base/errors.ts';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { maybeServeRenewals } from '../../../../server/cluster/transport/lease-port.ts';
import { LeaseRenewals } from '../../../../server/cluster/transport/lease-renewals.ts';
import { PeerConnector } from '../../../../server/cluster/transport/peer-connector.ts';
import type { PeerNodePort } from '../../../../server/cluster/transport/types.ts';
import { listen } from '../../../../server/listen/listen.ts';
import type { Listeners, TlsOptions } from '../../../../server/listen/types.ts';
import { encodeLeaseKeepAliveRequest } from '../../../../server/proto/gen/rpc.ts';
import { clock, stopAll, TestMember } from './harness.ts';

const FIXTURES = new URL('../../../fixtures/tls/', import.meta.url).pathname;
const NOWHERE = 'http://127.0.0.1:1';

type Renew = PeerNodePort['renewLease'];

/** Answers with a tenth of the id, or with an error for some ids. */
const playedLeader: Renew = (id, done) => {
  if (id === 404n) done(new EtcdError('leaseNotFound'));
  else if (id === 408n) done(new EtcdError('timeout'));
  else if (id === 400n) done(new EtcdError('notLeader'));
  else done({ id, ttl: Number(id) / 10 });
};

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await stopAll();
});

/** The peer port as a member serves it. */
async function startPort(renewLease: Renew, tls?: TlsOptions): Promise<Listeners> {
  const member = await TestMember.start(1n, { node: { renewLease } });
  const listeners = await listen(
    [`${tls === undefined ? 'http' : 'https'}://127.0.0.1:0`],
    {
      nodeHttp: member.server,
      http1First: (socket, first, giveBack) =>
        maybeServeRenewals({ renewLease }, socket, first, giveBack),
    },
    { logger: SILENT_LOGGER, clock, ...(tls === undefined ? {} : { tls }) },
  );
  cleanups.push(() => listeners.close(0));
  return listeners;
}

function urlOf(listeners: Listeners): string {
  return listeners.urls[0] ?? '';
}

function createRenewals(connector: PeerConnector = new PeerConnector()): LeaseRenewals {
  const renewals = new LeaseRenewals(connector, clock);
  cleanups.push(() => renewals.stop());
  return renewals;
}

interface Target {
  readonly urls: readonly string[];
  readonly timeoutMs: number;
}

function targetOf(...urls: readonly string[]): Target {
  return { urls, timeoutMs: 5_000 };
}

/** The seconds, or the code of the error. */
function renew(renewals: LeaseRenewals, target: Target, id: bigint): Promise<number | string> {
  return new Promise((resolve) => {
    renewals.renew(target, id, (result) => resolve(isEtcdError(result) ? result.code : result));
  });
}

/** A leader that is only a socket: `onConnection` plays it. */
async function startBare(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

describe('renewals', () => {
  const kinds: readonly (readonly [string, () => Promise<string>])[] = [
    ['our port', async () => urlOf(await startPort(playedLeader))],
    [
      'node:http',
      async () => (await TestMember.start(1n, { node: { renewLease: playedLeader } })).url,
    ],
  ];
  for (const [kind, start] of kinds) {
    it(`get the answer to their own question from ${kind}`, async () => {
      const target = targetOf(await start());
      const renewals = createRenewals();
      // More than fit on all connections together.
      const ids = Array.from({ length: 3000 }, (_, i) => BigInt(10_000 + 10 * i));
      const ttls = await Promise.all(ids.map((id) => renew(renewals, target, id)));
      expect(ttls).toEqual(ids.map((id) => Number(id) / 10));
      const errors = await Promise.all(
        [404n, 10n, 408n, 400n].map((id) => renew(renewals, target, id)),
      );
      expect(errors).toEqual(['leaseNotFound', 1, 'timeout', 'notLeader']);
    });
  }

  it('are told of a lease with a negative id', async () => {
    const target = targetOf(urlOf(await startPort((id, done) => done({ id, ttl: 7 }))));
    expect(await renew(createRenewals(), target, -5n)).toBe(7);
  });

  it('go over TLS', async () => {
    const tls = { certFile: `${FIXTURES}server.crt`, keyFile: `${FIXTURES}server.key` };
    const target = targetOf(urlOf(await startPort(playedLeader, tls)));
    const trusting = new PeerConnector(() => ({ ca: readFileSync(`${FIXTURES}ca.crt`) }));
    expect(await renew(createRenewals(trusting), target, 30n)).toBe(3);
    const strict = new PeerConnector(() => ({ ca: readFileSync(`${FIXTURES}stranger-ca.crt`) }));
    expect(await renew(createRenewals(strict), target, 30n)).toBe('notLeader');
  });

  it('ask the next URL after one that does not answer', async () => {
    const target = targetOf(NOWHERE, 'no URL', urlOf(await startPort(playedLeader)));
    const renewals = createRenewals();
    const answers: (number | string)[] = [];
    for (let i = 0; i < 3; i++) answers.push(await renew(renewals, target, 30n));
    expect(answers).toEqual(['notLeader', 'notLeader', 3]);
  });

  it('are told when the connection ends, and go over another afterwards', async () => {
    let connections = 0;
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x10\x1e\x18\x05';
    const url = await startBare((socket) => {
      const isFirst = ++connections === 1;
      socket.on('data', () => {
        if (isFirst) socket.destroy();
        else socket.write(Buffer.from(answer, 'latin1'));
      });
    });
    const target = targetOf(url);
    const renewals = createRenewals();
    const lost = await Promise.all([30n, 31n].map((id) => renew(renewals, target, id)));
    expect(lost).toEqual(['notLeader', 'notLeader']);
    expect([await renew(renewals, target, 30n), connections]).toEqual([5, 2]);
  });

  it('are told when the leader is silent', async () => {
    const target = { urls: [await startBare(() => undefined)], timeoutMs: 50 };
    expect(await renew(createRenewals(), target, 30n)).toBe('notLeader');
  });

  const nonsense: readonly (readonly [string, string])[] = [
    ['not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['of no length', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['about another lease', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x10\x1f\x18\x05'],
    ['not a message', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\x0a\x7f'],
    ['too long', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n'],
    ['without an end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}`],
  ];
  for (const [what, bytes] of nonsense) {
    it(`do not believe an answer ${what}`, async () => {
      const url = await startBare((socket) => {
        socket.on('data', () => socket.write(Buffer.from(bytes, 'latin1')));
      });
      expect(await renew(createRenewals(), targetOf(url), 30n)).toBe('notLeader');
    });
  }

  it('do not wait for a leader that is none any more', async () => {
    const silent = targetOf(await startBare(() => undefined));
    const renewals = createRenewals();
    const before = renew(renewals, silent, 30n);
    const after = renew(renewals, targetOf(urlOf(await startPort(playedLeader))), 30n);
    expect([await before, await after]).toEqual(['notLeader', 3]);
    const last = renew(renewals, silent, 30n);
    renewals.stop();
    expect([await last, await renew(renewals, silent, 30n)]).toEqual(['notLeader', 'notLeader']);
  });
});

/** A request as Go's client writes it. */
function goRequest(body: Uint8Array): Buffer {
  const head = [
    'POST /leases HTTP/1.1',
    'Host: 127.0.0.1:2380',
    'User-Agent: Go-http-client/1.1',
    `Content-Length: ${body.length}`,
    'Content-Type: application/protobuf',
    'Accept-Encoding: gzip',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** Sends `parts`, waiting for the bytes to be taken in between, and resolves with what came until the connection ended. */
async function converse(url: string, parts: readonly Uint8Array[]): Promise<string> {
  const socket = dial(Number(new URL(url).port), '127.0.0.1');
  cleanups.push(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  for (const part of parts) await new Promise((resolve) => socket.write(part, resolve));
  await once(socket, 'close');
  return text;
}

describe('the port for renewals', () => {
  const LAST = Buffer.from('GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const versionAfter = /\r\n\r\n\{"etcdserver":"3\.7\.1",.*\}$/;

  it('answers in the order asked, and leaves other requests to node:http', async () => {
    const late: (() => void)[] = [];
    const { urls } = await startPort((id, done) => {
      if (id === 1n) late.push(() => done({ id, ttl: 11 }));
      else {
        done({ id, ttl: 12 });
        for (const answer of late.splice(0)) setImmediate(answer);
      }
    });
    const requests = [1n, 2n].map((id) => goRequest(encodeLeaseKeepAliveRequest({ id })));
    const text = await converse(urls[0] ?? '', [Buffer.concat([...requests, LAST])]);
    const [first, second, third] = text.split('HTTP/1.1 200 OK').slice(1);
    expect(first?.endsWith('Content-Length: 4\r\n\r\n\x10\x01\x18\x0b')).toBe(true);
    expect(second?.endsWith('Content-Length: 4\r\n\r\n\x10\x02\x18\x0c')).toBe(true);
    expect(third).toMatch(versionAfter);
  });

  it('reads requests in any pieces', async () => {
    const { urls } = await startPort(playedLeader);
    const bytes = Buffer.concat([
      goRequest(encodeLeaseKeepAliveRequest({ id: 40n })),
      goRequest(encodeLeaseKeepAliveRequest({ id: 404n })),
      goRequest(Uint8Array.of(0x0a, 0x7f)),
      LAST,
    ]);
    for (const size of [1, 7, 100]) {
      const pieces: Uint8Array[] = [bytes.subarray(0, 30)];
      for (let i = 30; i < bytes.length; i += size) pieces.push(bytes.subarray(i, i + size));
      const text = await converse(urls[0] ?? '', pieces);
      expect(text).toContain('\x10\x28\x18\x04HTTP/1.1 404 Not Found\r\n');
      expect(text).toContain('\r\n\r\nlease not found\nHTTP/1.1 400 Bad Request\r\n');
      expect(text).toContain('\r\n\r\nerror unmarshalling request\nHTTP/1.1 200 OK\r\n');
      expect(text).toMatch(versionAfter);
    }
  });

  const foreign: readonly (readonly [string, string])[] = [
    ['chunks', 'Host: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x08\x28\r\n0\r\n\r\n'],
    ['a last request', 'Host: a\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n\x08\x28'],
    ['a hesitant client', 'Host: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n\x08\x28'],
  ];
  for (const [what, rest] of foreign) {
    it(`leaves ${what} to node:http`, async () => {
      const { urls } = await startPort(playedLeader);
      const request = Buffer.from(`POST /leases HTTP/1.1\r\n${rest}`, 'latin1');
      const text = await converse(urls[0] ?? '', [Buffer.concat([request, LAST])]);
      // We leave the date out.
      expect(text.slice(0, text.indexOf('\r\n\r\n\x10\x28\x18\x04HTTP'))).toContain('\r\nDate: ');
      expect(text).toMatch(versionAfter);
    });
  }

  it('takes requests with no bounds for none of its own', async () => {
    const { urls } = await startPort(playedLeader);
    const large = goRequest(new Uint8Array(64 * 1024 + 1));
    expect(await converse(urls[0] ?? '', [Buffer.concat([large, LAST])])).toMatch(
      /^HTTP\/1\.1 413 /,
    );
    const endless = Buffer.from(`POST /leases HTTP/1.1\r\nX: ${'y'.repeat(20_000)}`);
    expect(await converse(urls[0] ?? '', [endless])).toBe('');
  });

  it('reads no more than it can answer', async () => {
    const asked: (() => void)[] = [];
    let isSlow = true;
    const { urls } = await startPort((id, done) => {
      if (isSlow) asked.push(() => done({ id, ttl: 1 }));
      else done({ id, ttl: 1 });
    });
    const socket = dial(Number(new URL(urls[0] ?? '').port), '127.0.0.1');
    cleanups.push(() => socket.destroy());
    const request = goRequest(encodeLeaseKeepAliveRequest({ id: 1n }));
    const count = 20_000;
    socket.write(Buffer.concat(Array.from({ length: count }, () => request)));
    while (asked.length < 4096) await new Promise((resolve) => setImmediate(resolve));
    expect(asked.length).toBe(4096);
    isSlow = false;
    for (const answer of asked.splice(0)) answer();
    let received = 0;
    const answerBytes =
      'HTTP/1.1 200 OK\r\nContent-Type: application/protobuf\r\nContent-Length: 4\r\n\r\n????'
        .length;
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      if (received === count * answerBytes) break;
    }
    expect(received).toBe(count * answerBytes);
  });
});
