// Goal: a member as a process keeps what it acknowledged through restarts and kills, ends in order, goes through its quota
// and back, and has etcd's metrics. Method: the command itself on a directory of its own, asked by grpc-js. A failure means
// lost data, clients cut off at a stop, or a full member that stays unusable.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Text } from '../../../server/base/bytes.ts';
import {
  createLeaseGrantRequest,
  createTxnRequest,
  decodeAlarmResponse,
  decodeHashKVResponse,
  decodeLeaseTimeToLiveResponse,
  decodeMemberListResponse,
  decodePutResponse,
  decodeRangeResponse,
  decodeStatusResponse,
  encodeAlarmRequest,
  encodeCompactionRequest,
  encodeDeleteRangeRequest,
  encodeHashKVRequest,
  encodeLeaseGrantRequest,
  encodeLeaseTimeToLiveRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  type RangeResponse,
} from '../../../server/proto/gen/rpc.ts';
import { CLIENT_EXPORTS_MAX } from '../../../server/storage/limits.ts';
import { deleteOf, putOf, putOp, rangeOf } from '../../support/apply-harness.ts';
import { freePorts, MemberProcess } from '../../support/member-process.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const LOADER = pathToFileURL(resolve(ROOT, 'test/support/ts-loader.mjs')).href;
const MAIN = resolve(ROOT, 'server/cli/main.ts');
const KV = '/etcdserverpb.KV/';
const LEASE = '/etcdserverpb.Lease/';
const MAINTENANCE = '/etcdserverpb.Maintenance/';

/** A member on its directory; it can be started again and again. */
class Member {
  readonly #dataDir: string = mkdtempSync(join(tmpdir(), 'etcd-ts-member-'));
  #process: MemberProcess | undefined = undefined;
  #client: Client | undefined = undefined;

  get process(): MemberProcess {
    if (this.#process === undefined) throw new Error('the member was not started');
    return this.#process;
  }

  async start(args: readonly string[] = []): Promise<void> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const options = {
      dataDir: this.#dataDir,
      clientPort,
      peerPort,
      advertisedPeerPort: 2380,
      args,
    };
    this.#process = await MemberProcess.start({
      ...options,
      prefix: [process.execPath, '--import', LOADER],
      bin: MAIN,
    });
    this.#client = new Client(this.#process.endpoint, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** The bytes of an answer, or "code text". */
  ask(path: string, message: Uint8Array, deadlineMs = 10_000): Promise<Uint8Array | string> {
    return new Promise((done) => {
      this.#client?.makeUnaryRequest<Uint8Array, Uint8Array>(
        path,
        (request) => Buffer.from(request),
        (bytes) => new Uint8Array(bytes),
        message,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, bytes) => {
          done(error === null ? (bytes ?? EMPTY_BYTES) : `${error.code} ${error.details}`);
        },
      );
    });
  }

  /** The bytes of an answer that must be OK. */
  async answer(path: string, message: Uint8Array): Promise<Uint8Array> {
    const answer = await this.ask(path, message);
    if (typeof answer === 'string') throw new Error(`${path}: ${answer}`);
    return answer;
  }

  put(key: string, value = '', lease = 0n): Promise<Uint8Array | string> {
    return this.ask(`${KV}Put`, encodePutRequest(putOf(key, value, { lease })));
  }

  async range(key: string, end = '\0'): Promise<RangeResponse> {
    const message = encodeRangeRequest(rangeOf(key, end));
    return decodeRangeResponse(await this.answer(`${KV}Range`, message));
  }

  async pairs(): Promise<string[]> {
    const { kvs } = await this.range('\0');
    return kvs.map((kv) => `${utf8Text(kv.key)}=${utf8Text(kv.value)}`);
  }

  async page(path: string): Promise<string> {
    const response = await fetch(`http://${this.process.endpoint}${path}`);
    return response.text();
  }

  /** The files of snapshots on their way. */
  exports(): string[] {
    const names = readdirSync(join(this.#dataDir, 'member/snap'));
    return names.filter((name) => name.startsWith('tmp'));
  }

  disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async remove(): Promise<void> {
    this.disconnect();
    await this.#process?.kill();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

const ALARM = { get: 0, activate: 1, deactivate: 2 };
const NO_SPACE = 1;

async function alarm(member: Member, action: number, memberId = 0n): Promise<number> {
  const message = encodeAlarmRequest({
    action,
    memberId,
    alarm: action === ALARM.get ? 0 : NO_SPACE,
  });
  const { alarms } = decodeAlarmResponse(await member.answer(`${MAINTENANCE}Alarm`, message));
  return alarms.length;
}

describe('a restart', () => {
  const member = new Member();
  afterAll(() => member.remove());

  it('after a kill has everything that was acknowledged: keys, leases, alarms, members', async () => {
    await member.start();
    const grant = encodeLeaseGrantRequest(createLeaseGrantRequest({ id: 77n, ttl: 600 }));
    await member.answer(`${LEASE}LeaseGrant`, grant);
    await member.put('a', '1');
    await member.put('leased', 'x', 77n);
    await member.put('a', '2');
    const txn = createTxnRequest({ success: [putOp('t1', 't'), putOp('t2', 't')] });
    await member.answer(`${KV}Txn`, encodeTxnRequest(txn));
    await member.answer(`${KV}DeleteRange`, encodeDeleteRangeRequest(deleteOf('t1')));
    expect(await alarm(member, ALARM.activate, 99n)).toBe(1);
    const before = await observe(member);
    member.disconnect();
    await member.process.kill();

    await member.start();
    expect(await observe(member)).toEqual(before);
    expect(await member.pairs()).toEqual(['a=2', 'leased=x', 't2=t']);
    expect(await alarm(member, ALARM.get)).toBe(1);
    expect(await member.put('b')).toBe('8 etcdserver: mvcc: database space exceeded');
    expect(await alarm(member, ALARM.deactivate, 99n)).toBe(1);
    const look = encodeLeaseTimeToLiveRequest({ id: 77n, keys: true });
    const lease = decodeLeaseTimeToLiveResponse(
      await member.answer(`${LEASE}LeaseTimeToLive`, look),
    );
    expect(lease.grantedTtl).toBe(600);
    expect(lease.keys.map(utf8Text)).toEqual(['leased']);
    const again = decodePutResponse((await member.put('a', '3')) as Uint8Array);
    expect(again.header?.revision).toBe(before.revision + 1);
  });

  it('after an orderly stop too, and the process ends by the signal', async () => {
    const before = await observe(member);
    member.disconnect();
    const exit = await member.process.stop();
    expect(exit).toEqual({ code: null, signal: 'SIGTERM' });
    await member.start();
    expect(await observe(member)).toEqual(before);
  });
});

interface Seen {
  readonly revision: number;
  readonly pairs: readonly string[];
  readonly hash: number;
  readonly members: unknown;
}

/** What a client can tell of a store. */
async function observe(member: Member): Promise<Seen> {
  const hashKv = encodeHashKVRequest({ revision: 0 });
  const { hash } = decodeHashKVResponse(await member.answer(`${MAINTENANCE}HashKV`, hashKv));
  const list = await member.answer('/etcdserverpb.Cluster/MemberList', EMPTY_BYTES);
  const members = decodeMemberListResponse(list).members.map(({ id, name, peerUrls }) => ({
    id,
    name,
    peerUrls,
  }));
  const { header } = await member.range('\0');
  return { revision: header?.revision ?? 0, pairs: await member.pairs(), hash, members };
}

describe('a stop', () => {
  const member = new Member();
  afterAll(() => member.remove());

  it('answers what is under way, and takes nothing more', async () => {
    await member.start();
    for (let i = 0; i < 50; i++) await member.put(`k${i}`, 'x'.repeat(1000));
    const calls = Array.from({ length: 200 }, (_, i) => member.put(`w${i}`, 'x'.repeat(1000)));
    await calls[0];
    member.process.signal('SIGTERM');
    const answers = await Promise.all(calls);
    const exit = await member.process.exited;
    expect(exit.signal).toBe('SIGTERM');
    // Everything that had arrived is answered; what had not may find the connection closing.
    const done = answers.filter((answer) => typeof answer !== 'string');
    expect(done.length).toBeGreaterThan(0);
    for (const answer of answers) if (typeof answer === 'string') expect(answer).toMatch(/^14 /);
    member.disconnect();
    await member.start();
    const { kvs } = await member.range('w', 'x');
    expect(kvs.length).toBeGreaterThanOrEqual(done.length);
  });
});

/** A snapshot's call that takes a window's worth and no more: grpc-js would read it all, whoever wants it. */
class SnapshotCall {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  /** Resolves when the first bytes are under way. */
  readonly begun: Promise<unknown>;
  /** Resolves with the status. */
  readonly ended: Promise<string>;

  constructor(member: Member) {
    this.#session = connect(`http://${member.process.endpoint}`);
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': `${MAINTENANCE}Snapshot`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    this.begun = once(this.#stream, 'response');
    this.ended = new Promise((done) => {
      const look = (fields: IncomingHttpHeaders): void => {
        const { 'grpc-status': status, 'grpc-message': text } = fields;
        if (status !== undefined) done(`${status} ${text}`);
      };
      this.#stream.on('response', look);
      this.#stream.on('trailers', look);
    });
    this.#stream.end(new Uint8Array(5));
  }

  read(): void {
    this.#stream.resume();
  }

  /** The client is gone, and all of its calls. */
  leave(): void {
    this.#session.destroy();
  }
}

describe('snapshots', () => {
  const member = new Member();
  const calls: SnapshotCall[] = [];
  afterAll(() => {
    for (const call of calls) call.leave();
    return member.remove();
  });

  it('that nobody reads are few, give their place up, and do not hold up a stop', async () => {
    await member.start();
    for (let i = 0; i < 5; i++) await member.put(`k${i}`, 'x'.repeat(1_000_000));
    const first = Array.from({ length: CLIENT_EXPORTS_MAX }, () => new SnapshotCall(member));
    calls.push(...first);
    await Promise.all(first.map(({ begun }) => begun));
    expect(member.exports()).toHaveLength(CLIENT_EXPORTS_MAX);
    const [next, last] = [new SnapshotCall(member), new SnapshotCall(member)];
    calls.push(next, last);
    first[0]?.leave();
    await Promise.race([next.begun, last.begun]);
    expect(member.exports()).toHaveLength(CLIENT_EXPORTS_MAX);
    member.process.signal('SIGTERM');
    // The one that waits is told without having read; from then on the others have nothing more to read.
    await Promise.race([next.ended, last.ended]);
    const left = calls.slice(1);
    for (const call of left) call.read();
    for (const call of left) expect(await call.ended).toBe('14 etcdserver: server stopped');
    expect(await member.process.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(member.exports()).toEqual([]);
    const { log } = member.process;
    const stopLog = log.slice(log.indexOf('closing etcd server'));
    expect(stopLog).not.toContain('sending database snapshot to client');
  });
});

describe('the quota', () => {
  const member = new Member();
  afterAll(() => member.remove());

  it('is raised as an alarm, refuses writes, and is left by compaction, defragmentation and disarming', async () => {
    await member.start(['--quota-backend-bytes=2097152']);
    let refusal: Uint8Array | string = '';
    let count = 0;
    while (typeof refusal !== 'string' || refusal === '') {
      refusal = await member.put('big', 'x'.repeat(100_000));
      if (++count > 100) throw new Error('never full');
    }
    expect(refusal).toBe('8 etcdserver: mvcc: database space exceeded');
    expect(await alarm(member, ALARM.get)).toBe(1);
    expect(await member.page('/health')).toContain('"health":"false"');
    const status = decodeStatusResponse(await member.answer(`${MAINTENANCE}Status`, EMPTY_BYTES));
    expect(status.dbSizeQuota).toBe(2_097_152);
    expect(status.errors.join()).toContain('NOSPACE');
    expect(await member.put('small')).toBe(refusal);
    const grant = encodeLeaseGrantRequest(createLeaseGrantRequest({ ttl: 60 }));
    expect(await member.ask(`${LEASE}LeaseGrant`, grant)).toBe(refusal);

    // Reads, deletions and compactions go on.
    const { header } = await member.range('big', '');
    await member.answer(`${KV}DeleteRange`, encodeDeleteRangeRequest(deleteOf('none')));
    const revision = header?.revision ?? 0;
    await member.answer(`${KV}Compact`, encodeCompactionRequest({ revision, physical: true }));
    await member.answer(`${MAINTENANCE}Defragment`, EMPTY_BYTES);
    expect(await member.put('small')).toBe(refusal);
    const memberId = header?.memberId ?? 0n;
    expect(await alarm(member, ALARM.deactivate, memberId)).toBe(1);
    expect(typeof (await member.put('small', 'fits'))).not.toBe('string');
    expect(await alarm(member, ALARM.get)).toBe(0);
    expect(await member.page('/health')).toContain('"health":"true"');
  });
});

describe('metrics', () => {
  const member = new Member();
  beforeAll(() => member.start());
  afterAll(() => member.remove());

  it('have the names etcd has for what exists here', async () => {
    await member.put('a', '1');
    await member.range('a');
    const text = await member.page('/metrics');
    const missing = NAMES.filter((name) => !text.includes(`# TYPE ${name} `));
    expect(missing).toEqual([]);
    expect(text).toMatch(/^etcd_server_has_leader 1$/m);
    const feature = 'etcd_server_feature_enabled{name=';
    expect(text).toContain(`${feature}"StopGRPCServiceOnDefrag",stage="ALPHA"} 0`);
    expect(text).toContain(`${feature}"FastLeaseKeepAlive",stage="BETA"} 1`);
    expect(text).toContain(`${feature}"AllBeta",stage="BETA"} 0`);
    expect(text).toMatch(/^etcd_server_is_leader 1$/m);
    expect(text).toMatch(/^etcd_mvcc_put_total [1-9]/m);
    expect(text).toMatch(/^etcd_debugging_mvcc_current_revision 2$/m);
    // Prometheus sorts labels by name.
    const put = 'grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"';
    expect(text).toContain(`grpc_server_handled_total{grpc_code="OK",${put}} 1`);
  });
});

const NAMES = `
etcd_cluster_version etcd_server_has_leader etcd_server_is_leader etcd_server_is_learner etcd_server_id
etcd_server_version etcd_server_go_version etcd_server_feature_enabled etcd_server_leader_changes_seen_total
etcd_server_heartbeat_send_failures_total etcd_server_slow_apply_total etcd_server_slow_read_indexes_total
etcd_server_read_indexes_failed_total etcd_server_proposals_failed_total etcd_server_proposals_committed_total
etcd_server_proposals_applied_total etcd_server_proposals_pending etcd_server_quota_backend_bytes
etcd_server_client_requests_total etcd_server_apply_duration_seconds etcd_server_request_duration_seconds
etcd_server_range_duration_seconds etcd_disk_wal_fsync_duration_seconds
etcd_disk_wal_write_duration_seconds etcd_disk_backend_commit_duration_seconds
etcd_disk_backend_defrag_duration_seconds etcd_disk_backend_snapshot_duration_seconds
etcd_disk_wal_write_bytes_total etcd_snap_fsync_duration_seconds etcd_mvcc_put_total etcd_mvcc_delete_total
etcd_mvcc_range_total etcd_mvcc_txn_total etcd_mvcc_db_total_size_in_bytes
etcd_mvcc_db_total_size_in_use_in_bytes etcd_mvcc_db_open_read_transactions
etcd_network_client_grpc_received_bytes_total etcd_network_client_grpc_sent_bytes_total
etcd_debugging_mvcc_current_revision etcd_debugging_mvcc_compact_revision etcd_debugging_mvcc_keys_total
etcd_debugging_mvcc_watch_stream_total etcd_debugging_mvcc_watcher_total
etcd_debugging_mvcc_slow_watcher_total etcd_debugging_mvcc_pending_events_total
etcd_debugging_mvcc_events_total etcd_debugging_mvcc_db_compaction_keys_total
etcd_debugging_mvcc_total_put_size_in_bytes etcd_debugging_lease_granted_total
etcd_debugging_lease_renewed_total etcd_debugging_lease_revoked_total etcd_debugging_lease_ttl_total
etcd_debugging_server_lease_expired_total grpc_server_started_total grpc_server_handled_total
grpc_server_msg_received_total grpc_server_msg_sent_total os_fd_used os_fd_limit
etcd_mvcc_hash_duration_seconds etcd_mvcc_hash_rev_duration_seconds etcd_disk_defrag_inflight
etcd_server_snapshot_apply_in_progress_total etcd_debugging_mvcc_db_compaction_last
etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds
etcd_debugging_mvcc_db_compaction_total_duration_milliseconds
process_cpu_seconds_total process_resident_memory_bytes process_start_time_seconds
`
  .trim()
  .split(/\s+/);

describe('a configuration that cannot work', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
  });

  function run(...args: string[]): { status: number | null; text: string } {
    const command = ['--import', LOADER, MAIN, ...args];
    const env = { PATH: process.env['PATH'] ?? '' };
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      env,
      encoding: 'utf8',
    });
    return { status, text: stdout + stderr };
  }

  function directory(): string {
    const dir = mkdtempSync(join(tmpdir(), 'etcd-ts-config-'));
    made.push(dir);
    return dir;
  }

  it('ends with a message: a cluster without this member', () => {
    const args = ['--name=me', '--initial-cluster=you=http://127.0.0.1:2380'];
    const { status, text } = run(`--data-dir=${directory()}`, ...args);
    expect(status).toBe(1);
    expect(text).toContain('couldn\'t find local name \\"me\\"');
  });

  it('ends with a message: a directory that is a file', () => {
    const file = join(directory(), 'file');
    writeFileSync(file, '');
    const { status, text } = run(`--data-dir=${file}`);
    expect(status).toBe(1);
    expect(text).toContain('"level":"fatal"');
  });

  it('ends with a message: an address that is taken', async () => {
    const { createServer } = await import('node:net');
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const [peerPort = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const child = spawn(process.execPath, [
      ...['--import', LOADER, MAIN, `--data-dir=${directory()}`],
      ...[`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
      `--initial-cluster=default=${peer}`,
    ]);
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const status = await new Promise<number | null>((done) => child.on('close', done));
    server.close();
    expect(status).toBe(1);
    expect(text).toContain('address already in use');
  });
});
