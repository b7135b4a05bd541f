// Goal: every path of the peer port answers with etcd's status, headers and body, and nothing that a stranger sends does
// harm. Method: raw requests against a running server. A failure of the 410 and 403 rows stops Go members for good.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createConnection } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { EtcdError } from '../../../../server/base/errors.ts';
import { encodeFrame } from '../../../../server/cluster/transport/message-codec.ts';
import type { PeerNodePort } from '../../../../server/cluster/transport/types.ts';
import {
  decodeLeaseInternalResponse,
  encodeLeaseInternalRequest,
} from '../../../../server/proto/gen/lease.ts';
import { encodeMessage } from '../../../../server/proto/gen/raft.ts';
import {
  decodeLeaseKeepAliveResponse,
  encodeLeaseKeepAliveRequest,
} from '../../../../server/proto/gen/rpc.ts';
import { type Message, MessageType } from '../../../../server/raft/types.ts';
import { CLUSTER_ID, message, stopAll, TestMember, textOf, until } from './harness.ts';

afterEach(stopAll);

const CLUSTER = CLUSTER_ID.toString(16);

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
  readonly text: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

function ask(member: TestMember, path: string, question: Ask = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    // node:http names no length for a GET.
    const length = body === undefined ? {} : { 'Content-Length': String(body.length) };
    const options = { method, headers: { ...headers, ...length }, agent: false };
    const request = httpRequest(`${member.url}${path}`, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        const text = bytes.toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text });
      });
    });
    request.end(body);
  });
}

function raftHeaders(changed: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'X-Server-From': '2',
    'X-Server-Version': '3.5.16',
    'X-Min-Cluster-Version': '3.0.0',
    'X-Etcd-Cluster-ID': CLUSTER,
    'X-Raft-To': '1',
    ...changed,
  };
}

function beat(changed: Partial<Message> = {}): Uint8Array {
  return encodeMessage(
    message({ type: MessageType.heartbeat, from: 2n, to: 1n, term: 1, ...changed }),
  );
}

function startWith(node: Partial<PeerNodePort>): Promise<TestMember> {
  return TestMember.start(1n, { node });
}

describe('streams', () => {
  const refusals: readonly [string, string, Ask, number, string][] = [
    ['method', '/raft/stream/message/2', { method: 'POST' }, 405, 'Method Not Allowed\n'],
    ['kind', '/raft/stream/msgappv2/2', {}, 404, 'invalid path\n'],
    ['depth', '/raft/stream/message/2/3', {}, 404, 'invalid path\n'],
    ['id', '/raft/stream/message/xyz', {}, 404, 'invalid from\n'],
    ['no id', '/raft/stream/message/', {}, 404, 'invalid from\n'],
    ['removed', '/raft/stream/message/66', {}, 410, 'removed member\n'],
    ['unknown', '/raft/stream/message/99', {}, 404, 'error sender not found\n'],
    [
      'receiver',
      '/raft/stream/msgapp/2',
      { headers: raftHeaders({ 'X-Raft-To': '5' }) },
      412,
      'to field mismatch\n',
    ],
    [
      'cluster',
      '/raft/stream/message/66',
      { headers: raftHeaders({ 'X-Etcd-Cluster-ID': 'abc' }) },
      412,
      'cluster ID mismatch\n',
    ],
    [
      'old server',
      '/raft/stream/message/66',
      { headers: raftHeaders({ 'X-Server-Version': '2.3.8' }) },
      412,
      'incompatible version\n',
    ],
    [
      'demanding server',
      '/raft/stream/message/2',
      { headers: raftHeaders({ 'X-Min-Cluster-Version': '3.8.0' }) },
      412,
      'incompatible version\n',
    ],
    [
      'nonsense version',
      '/raft/stream/message/2',
      { headers: raftHeaders({ 'X-Server-Version': 'banana' }) },
      412,
      'incompatible version\n',
    ],
    [
      'no version',
      '/raft/stream/message/2',
      { headers: { 'X-Etcd-Cluster-ID': CLUSTER } },
      412,
      'incompatible version\n',
    ],
  ];
  for (const [name, path, question, status, text] of refusals) {
    it(`are refused: ${name}`, async () => {
      const member = await TestMember.start(1n);
      member.transport.addPeer(2n, ['http://127.0.0.1:1']);
      member.raft.removed.add(0x66n);
      const reply = await ask(member, path, { headers: raftHeaders(), ...question });
      expect([reply.status, reply.text]).toEqual([status, text]);
      if (status === 405) expect(reply.headers.allow).toBe('GET');
      else expect(reply.headers['x-etcd-cluster-id']).toBe(CLUSTER);
      if (status !== 405) expect(reply.headers['x-server-version']).toBe('3.7.1');
    });
  }

  it('of a stranger leave its addresses behind', async () => {
    const [member, stranger] = [await TestMember.start(1n), await TestMember.start(0x99n)];
    const headers = raftHeaders({ 'X-Server-From': '99', 'X-PeerURLs': stranger.url });
    await ask(member, '/raft/stream/message/99', { headers });
    member.transport.send([
      message({ type: MessageType.preVoteResp, from: 1n, to: 0x99n, term: 4, reject: true }),
    ]);
    await stranger.raft.received(1);
    expect(stranger.raft.messages[0]).toMatchObject({ reject: true, term: 4 });
  });

  it('of a stranger with nonsense addresses are refused like others', async () => {
    const member = await TestMember.start(1n);
    const bad = ['not a url', 'http://a/b', ',,,', 'ftp://x:1', 'http://nohost', 'x'.repeat(5000)];
    for (const urls of bad) {
      const headers = raftHeaders({ 'X-Server-From': '99', 'X-PeerURLs': urls });
      expect((await ask(member, '/raft/stream/message/99', { headers })).status).toBe(404);
    }
  });

  it('flush their head at once and stay open', async () => {
    const member = await TestMember.start(1n);
    member.transport.addPeer(2n, ['http://127.0.0.1:1']);
    const socket = createConnection(member.port, '127.0.0.1');
    const lines = Object.entries(raftHeaders()).map(([name, value]) => `${name}: ${value}`);
    socket.write(`GET /raft/stream/msgapp/2 HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`);
    let received = '';
    socket.on('data', (part: Buffer) => {
      received += part.toString('latin1');
    });
    // The head, then beats of the link: one byte each.
    await until(() => /\r\n\r\n(1\r\n\0\r\n){2}/.test(received));
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received).toMatch(/Transfer-Encoding: chunked/i);
    socket.destroy();
  });
});

describe('POST /raft', () => {
  const post = (member: TestMember, body: Uint8Array, headers = raftHeaders()): Promise<Reply> =>
    ask(member, '/raft', { method: 'POST', headers, body });

  it('hands a message to raft', async () => {
    const member = await TestMember.start(1n);
    const reply = await post(member, beat({ commit: 5 }));
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect(member.raft.messages[0]).toMatchObject({ type: MessageType.heartbeat, commit: 5 });
  });

  it('drops local and unknown types without a word', async () => {
    const member = await TestMember.start(1n);
    for (const type of [0, 1, 10, 11, 12, 19, 20, 21, 22, 23, 1000, -1]) {
      expect((await post(member, beat({ type }))).status).toBe(204);
    }
    expect(member.raft.messages).toEqual([]);
  });

  it('drops snapshots, which never come without a database', async () => {
    const member = await TestMember.start(1n);
    expect((await post(member, beat({ type: MessageType.snap }))).status).toBe(204);
    expect(member.raft.messages).toEqual([]);
  });

  it('refuses removed senders and other receivers in the words that stop a member', async () => {
    const member = await TestMember.start(1n);
    member.raft.removed.add(2n);
    const removed = await post(member, beat());
    expect([removed.status, removed.text]).toEqual([
      403,
      '{"message":"cannot process message from removed member"}',
    ]);
    expect(removed.headers['content-type']).toBe('application/json');
    const other = await post(member, beat({ from: 3n, to: 9n }));
    expect([other.status, other.text]).toEqual([
      403,
      '{"message":"cannot process message to mismatch member"}',
    ]);
    expect(member.raft.messages).toEqual([]);
  });

  it('refuses what is no message', async () => {
    const member = await TestMember.start(1n);
    const reply = await post(member, Uint8Array.of(0x3a, 0xff, 0x01));
    expect([reply.status, reply.text]).toEqual([400, 'error unmarshalling raft message\n']);
  });

  it('says when raft could not take it', async () => {
    const member = await TestMember.start(1n);
    member.raft.outcome = { kind: 'failed', reason: 'stopping' };
    const reply = await post(member, beat());
    expect([reply.status, reply.text]).toEqual([500, 'error processing raft message\n']);
    expect(reply.headers.connection).toBe('close');
  });

  it('checks cluster and method first', async () => {
    const member = await TestMember.start(1n);
    const reply = await post(member, beat(), raftHeaders({ 'X-Etcd-Cluster-ID': '1' }));
    expect([reply.status, reply.text]).toEqual([412, 'cluster ID mismatch\n']);
    const get = await ask(member, '/raft', { headers: raftHeaders() });
    expect([get.status, get.headers.allow]).toEqual([405, 'POST']);
  });

  it('survives requests that are cut off', async () => {
    const member = await TestMember.start(1n);
    const lines = Object.entries(raftHeaders()).map(([name, value]) => `${name}: ${value}`);
    for (const path of ['/raft', '/raft/snapshot', '/leases', '/leases/internal']) {
      const socket = createConnection(member.port, '127.0.0.1');
      socket.on('error', () => undefined);
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}`;
      await new Promise<void>((resolve) => {
        socket.write(`${head}\r\nContent-Length: 100\r\n\r\nabc`, () => resolve());
      });
      socket.destroy();
    }
    expect((await post(member, beat())).status).toBe(204);
  });
});

describe('POST /raft/snapshot', () => {
  const post = (member: TestMember, body: Uint8Array): Promise<Reply> =>
    ask(member, '/raft/snapshot', { method: 'POST', headers: raftHeaders(), body });
  const confState = {
    voters: [1n],
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  const snapshot = { data: new Uint8Array(0), metadata: { index: 7, term: 2, confState } };
  const snap = message({ type: MessageType.snap, from: 2n, to: 1n, term: 2, snapshot });

  it('takes the message and what is behind it', async () => {
    const member = await TestMember.start(1n);
    const reply = await post(member, Buffer.concat([encodeFrame(snap), Buffer.alloc(1000, 7)]));
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect(member.snapshots.received[0]).toMatchObject({ message: snap, sizeBytes: 1000 });
  });

  it('refuses other messages, none, and those that are too large', async () => {
    const member = await TestMember.start(1n);
    const beats = encodeFrame(message({ type: MessageType.heartbeat, from: 2n, to: 1n, term: 1 }));
    const wrong = await post(member, beats);
    expect([wrong.status, wrong.text]).toEqual([400, 'wrong raft message type\n']);
    const bare = await post(member, encodeFrame(message({ ...snap, snapshot: undefined })));
    expect(bare.status).toBe(400);
    const cut = await post(member, beats.subarray(0, 20));
    expect([cut.status, cut.text]).toEqual([
      400,
      'failed to decode raft message (unexpected EOF)\n',
    ]);
    const huge = await post(member, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0));
    expect(huge.text).toBe('failed to decode raft message (rafthttp: error limit exceeded)\n');
    const garbage = await post(member, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 0x3a, 0x77));
    expect(garbage.status).toBe(400);
  });

  it('says why it could not be saved', async () => {
    const member = await TestMember.start(1n);
    member.snapshots.onChunk = () => Promise.reject(new Error('disk full'));
    const reply = await post(member, Buffer.concat([encodeFrame(snap), Buffer.alloc(10)]));
    expect([reply.status, reply.text]).toEqual([500, 'failed to save KV snapshot (disk full)\n']);
  });
});

describe('questions', () => {
  const voter = {
    id: 10276657743932975437n,
    peerUrls: ['http://localhost:2380'],
    isLearner: false,
    name: 'default',
    clientUrls: ['http://localhost:2379'],
  };
  const learner = { ...voter, id: 5n, isLearner: true, name: '', clientUrls: [] };

  it('probing', async () => {
    const member = await TestMember.start(1n);
    const reply = await ask(member, '/raft/probing');
    expect(reply.status).toBe(200);
    expect(reply.text).toMatch(/^\{"OK":true,"Now":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"\}\n$/);
  });

  it('members', async () => {
    const member = await startWith({ members: () => [voter, learner] });
    const reply = await ask(member, '/members');
    expect(reply.text).toBe(
      '[{"id":5,"peerURLs":["http://localhost:2380"],"isLearner":true},' +
        '{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default",' +
        '"clientURLs":["http://localhost:2379"]}]\n',
    );
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.headers['x-etcd-cluster-id']).toBe(CLUSTER);
    expect((await ask(member, '/members', { method: 'PUT' })).status).toBe(405);
  });

  it('version', async () => {
    const member = await TestMember.start(1n);
    expect((await ask(member, '/version')).text).toBe(
      '{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}',
    );
  });

  it('promote', async () => {
    const tokens: (string | undefined)[] = [];
    const member = await startWith({
      promote: (id, authorization, done) => {
        tokens.push(authorization);
        if (id === 1n) done([voter]);
        else if (id === 2n) done(new EtcdError('memberNotFound'));
        else if (id === 3n) done(new EtcdError('memberNotLearner'));
        else if (id === 4n) done(new EtcdError('learnerNotReady'));
        else setImmediate(() => done(new EtcdError('timeout')));
      },
    });
    const promote = async (id: string, headers = {}): Promise<[number, string]> => {
      const question = { method: 'POST', headers };
      const { status, text } = await ask(member, `/members/promote/${id}`, question);
      return [status, text];
    };
    expect(await promote('1', { Authorization: 'secret' })).toEqual([
      200,
      '[{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default",' +
        '"clientURLs":["http://localhost:2379"]}]\n',
    ]);
    expect(await promote('2')).toEqual([404, 'membership: ID not found\n']);
    expect(await promote('3')).toEqual([412, 'membership: can only promote a learner member\n']);
    expect(await promote('4')).toEqual([
      412,
      'etcdserver: can only promote a learner member which is in sync with leader\n',
    ]);
    expect(await promote('5')).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(await promote('xyz')).toEqual([404, 'member xyz not found in cluster\n']);
    expect(await promote('18446744073709551616')).toEqual([
      404,
      'member 18446744073709551616 not found in cluster\n',
    ]);
    expect(tokens).toEqual(['secret', undefined, undefined, undefined, undefined]);
  });

  it('hashkv, a GET with a body', async () => {
    const member = await startWith({
      hashKv: (revision, done) => {
        if (revision === 3) done(new EtcdError('compacted'));
        else if (revision === 9) done(new EtcdError('futureRev'));
        else done({ revision: 7, hash: 1084519789, compactRevision: -1, hashRevision: revision });
      },
    });
    const hash = async (body: string, headers = {}): Promise<[number, string]> => {
      const { status, text } = await ask(member, '/members/hashkv', { body, headers });
      return [status, text];
    };
    expect(await hash('{"revision":5}')).toEqual([
      200,
      '{"header":{"revision":7},"hash":1084519789,"compact_revision":-1,"hash_revision":5}',
    ]);
    expect(await hash('{}')).toEqual([
      200,
      '{"header":{"revision":7},"hash":1084519789,"compact_revision":-1}',
    ]);
    expect(await hash('{"revision":3}')).toEqual([
      400,
      'mvcc: required revision has been compacted\n',
    ]);
    expect(await hash('{"revision":9}')).toEqual([
      400,
      'mvcc: required revision is a future revision\n',
    ]);
    for (const body of ['', 'nonsense', '[]', '{"revision":"5"}', '{"revision":1.5}']) {
      expect(await hash(body)).toEqual([400, 'error unmarshalling request\n']);
    }
    expect(await hash('{}', { 'X-Etcd-Cluster-ID': '1' })).toEqual([412, 'cluster ID mismatch\n']);
    expect((await hash('{}', { 'X-Etcd-Cluster-ID': CLUSTER }))[0]).toBe(200);
  });

  it('leases', async () => {
    const member = await startWith({
      renewLease: (id, done) => {
        if (id === 1n) done({ id, ttl: 60 });
        else if (id === 2n) done(new EtcdError('leaseNotFound'));
        else if (id === 3n) done(new EtcdError('timeout'));
        else done(new EtcdError('notLeader'));
      },
      leaseTimeToLive: (id, wantsKeys, done) => {
        if (id !== -1n) done(new EtcdError('notLeader'));
        else done({ id, ttl: 5, grantedTtl: 60, keys: wantsKeys ? [Uint8Array.of(97)] : [] });
      },
    });
    const renew = (id: bigint): Promise<Reply> =>
      ask(member, '/leases', { method: 'POST', body: encodeLeaseKeepAliveRequest({ id }) });
    const renewed = await renew(1n);
    expect(renewed.headers['content-type']).toBe('application/protobuf');
    expect(decodeLeaseKeepAliveResponse(renewed.bytes)).toMatchObject({ id: 1n, ttl: 60 });
    const replies = [await renew(2n), await renew(3n), await renew(4n)];
    expect(replies.map(({ status, text }) => [status, text])).toEqual([
      [404, 'lease not found\n'],
      [408, 'waiting for node to catch up its applied index has timed out\n'],
      [400, 'not a primary lessor\n'],
    ]);
    const lookUp = (body: Uint8Array): Promise<Reply> =>
      ask(member, '/leases/internal', { method: 'POST', body });
    const question = { id: -1n, keys: true };
    const found = await lookUp(encodeLeaseInternalRequest({ leaseTimeToLiveRequest: question }));
    const times = decodeLeaseInternalResponse(found.bytes).leaseTimeToLiveResponse;
    expect(times).toMatchObject({ id: -1n, ttl: 5, grantedTtl: 60 });
    expect(times?.keys.map(textOf)).toEqual(['a']);
    // Go dereferences it.
    expect(times?.header).toBeDefined();
    const lost = { leaseTimeToLiveRequest: { id: 4n, keys: false } };
    expect((await lookUp(encodeLeaseInternalRequest(lost))).status).toBe(500);
    expect((await lookUp(new Uint8Array(0))).status).toBe(400);
    expect((await lookUp(Uint8Array.of(0x0a, 0x7f))).status).toBe(400);
    const large = await lookUp(new Uint8Array(64 * 1024 + 1));
    expect([large.status, large.text]).toEqual([413, 'request body too large\n']);
    const get = await ask(member, '/leases');
    expect([get.status, get.headers.allow]).toEqual([405, undefined]);
  });

  it('downgrade', async () => {
    let outcome: boolean | EtcdError = true;
    const member = await startWith({ downgradeEnabled: (done) => done(outcome) });
    const reply = await ask(member, '/downgrade/enabled');
    expect([reply.text, reply.headers['content-type']]).toEqual(['true', 'text/plain']);
    outcome = new EtcdError('timeout');
    expect((await ask(member, '/downgrade/enabled')).text).toBe(
      'failed linearized read: etcdserver: request timed out\n',
    );
  });

  it('anything else', async () => {
    const member = await TestMember.start(1n);
    for (const path of ['/', '/v2/keys', '/raft/', '/raft/other', '/health', '/members/']) {
      const reply = await ask(member, path);
      expect([reply.status, reply.text]).toEqual([404, '404 page not found\n']);
    }
  });

  it('that break the node are answered, and the server goes on', async () => {
    const member = await startWith({
      downgradeEnabled: () => {
        throw new Error('bug');
      },
    });
    expect((await ask(member, '/downgrade/enabled')).status).toBe(500);
    expect((await ask(member, '/version')).status).toBe(200);
  });
});
