// Owns making the data directory of a member from a snapshot: a database without the old membership, and the log of a new
// cluster. The layout is a Go etcd's, so that either server can start from it. The directory `member` appears complete or
// not at all. etcd: etcdutl/snapshot/v3_snapshot.go.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { equalBytes, utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import { type BootstrapLog, bootstrapLog } from '../../server/cluster/bootstrap.ts';
import { formatId, memberJson } from '../../server/cluster/member.ts';
import { v2StoreJson } from '../../server/cluster/v2-store.ts';
import type { BboltReader, Pair } from '../../server/storage/bbolt/bbolt-reader.ts';
import { type BucketSource, writeBboltFile } from '../../server/storage/bbolt/bbolt-writer.ts';
import { checkSnapshotFile } from '../../server/storage/bbolt/snapshot-file.ts';
import { syncDirectory } from '../../server/storage/file-system.ts';
import { NODE_FILE_SYSTEM } from '../../server/storage/node-file-system.ts';
import { SnapDirectory } from '../../server/storage/snap/snap-directory.ts';
import { Wal } from '../../server/storage/wal/wal.ts';
import { Exit, ExitError } from '../line/exit-error.ts';
import { withDatabase } from './database-file.ts';
import { ROWS_PER_BATCH } from './limits.ts';
import type { RestorePlan } from './restore-plan.ts';
import {
  KEY_BUCKET,
  META_BUCKET,
  MetaKey,
  mainRevision,
  revisionKey,
  u64Bytes,
} from './revision-record.ts';

export interface RestoreOptions {
  readonly snapshotPath: string;
  readonly dataDir: string;
  /** Empty: inside the data directory. */
  readonly walDir: string;
  readonly skipHashCheck: boolean;
  /** How far the revision jumps, so that clients never see an old one again; everything before is then compacted. */
  readonly revisionBump: number;
}

const TERM = 1;
const MEMBERS_BUCKET = utf8Bytes('members');
const REMOVED_BUCKET = utf8Bytes('members_removed');
const CLUSTER_BUCKET = utf8Bytes('cluster');
const CLUSTER_VERSION_KEY = 'clusterVersion';

/** Throws ExitError. */
export async function restoreSnapshot(options: RestoreOptions, plan: RestorePlan): Promise<void> {
  const { dataDir, walDir } = options;
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw refused(`data-dir ${JSON.stringify(dataDir)} not empty or could not be read`);
  }
  if (walDir !== '' && existsSync(walDir)) {
    throw refused(`wal-dir ${JSON.stringify(walDir)} exists`);
  }
  const partial = `${dataDir}/member.part`;
  const log = bootstrapLog(plan.members);
  try {
    mkdirSync(`${partial}/snap`, { recursive: true, mode: 0o700 });
    await withDatabase(options.snapshotPath, async (reader, file) => {
      if (!options.skipHashCheck) checkSnapshotFile(file);
      const database = `${partial}/snap/db`;
      await writeBboltFile(database, buckets(reader, { plan, log, options }));
      saveRaftSnapshot(`${partial}/snap`, { plan, log, reader });
    });
    await writeLog(walDir === '' ? `${partial}/wal` : walDir, plan, log);
    renameSync(partial, `${dataDir}/member`);
    syncDirectory(NODE_FILE_SYSTEM, dataDir);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

interface Rewrite {
  readonly plan: RestorePlan;
  readonly log: BootstrapLog;
  readonly options: RestoreOptions;
}

/** The snapshot's buckets, those of the membership replaced, and some values of "meta". */
function* buckets(reader: BboltReader, rewrite: Rewrite): Generator<BucketSource> {
  const names = reader.bucketNames();
  for (const needed of [KEY_BUCKET, MEMBERS_BUCKET, REMOVED_BUCKET, META_BUCKET]) {
    if (!names.some((name) => equalBytes(name, needed))) names.push(needed);
  }
  names.sort((a, b) => Buffer.compare(a, b));
  // "key" comes before "meta": how far it goes is known by then.
  let lastRevision = 0;
  const onRevision = (revision: number): void => {
    lastRevision = revision;
  };
  for (const name of names) {
    if (equalBytes(name, MEMBERS_BUCKET)) {
      yield { name, batches: [membersPairs(rewrite.plan)] };
    } else if (equalBytes(name, REMOVED_BUCKET)) {
      yield { name, batches: [] };
    } else if (equalBytes(name, META_BUCKET)) {
      yield { name, batches: metaBatches(reader, rewrite, () => lastRevision) };
    } else if (equalBytes(name, KEY_BUCKET) && rewrite.options.revisionBump > 0) {
      const bump = rewrite.options.revisionBump;
      yield { name, batches: bumpedBatches(reader, bump, onRevision) };
    } else {
      yield { name, batches: reader.batches(name, ROWS_PER_BATCH) };
    }
  }
}

function membersPairs({ members }: RestorePlan): readonly Pair[] {
  const pairs = members.map(
    (member): Pair => [utf8Bytes(formatId(member.id)), utf8Bytes(memberJson(member))],
  );
  return pairs.sort((a, b) => Buffer.compare(a[0], b[0]));
}

/** All records, and an empty one far ahead of them. */
function* bumpedBatches(
  reader: BboltReader,
  bump: number,
  onRevision: (revision: number) => void,
): Generator<readonly Pair[]> {
  let last = 0;
  for (const batch of reader.batches(KEY_BUCKET, ROWS_PER_BATCH)) {
    last = mainRevision(batch.at(-1)?.[0] ?? new Uint8Array());
    yield batch;
  }
  onRevision(last + bump);
  yield [[revisionKey(last + bump), new Uint8Array()]];
}

function* metaBatches(
  reader: BboltReader,
  { log, options }: Rewrite,
  lastRevision: () => number,
): Generator<readonly Pair[]> {
  const changed = new Map<string, Uint8Array>([
    [utf8Text(MetaKey.consistentIndex), u64Bytes(log.hardState.commit)],
    [utf8Text(MetaKey.term), u64Bytes(TERM)],
  ]);
  if (options.revisionBump > 0) {
    changed.set(utf8Text(MetaKey.scheduledCompact), revisionKey(lastRevision()));
  }
  const kept = [...reader.pairs(META_BUCKET)].filter(([key]) => !changed.has(utf8Text(key)));
  const added = [...changed].map(([key, value]): Pair => [utf8Bytes(key), value]);
  yield [...kept, ...added].sort((a, b) => Buffer.compare(a[0], b[0]));
}

/** The file that raft's log begins with; members up to 3.7 will not start without it. */
function saveRaftSnapshot(
  directory: string,
  {
    plan,
    log,
    reader,
  }: {
    readonly plan: RestorePlan;
    readonly log: BootstrapLog;
    readonly reader: BboltReader;
  },
): void {
  const { commit } = log.hardState;
  const clusterVersion = clusterVersionOf(reader);
  const data = v2StoreJson({ members: plan.members, removedIds: [], clusterVersion }, commit);
  const metadata = { confState: log.confState, index: commit, term: TERM };
  new SnapDirectory(directory).saveNow({ data, metadata });
}

function clusterVersionOf(reader: BboltReader): string | undefined {
  for (const [key, value] of reader.pairs(CLUSTER_BUCKET)) {
    if (utf8Text(key) === CLUSTER_VERSION_KEY) return utf8Text(value);
  }
  return undefined;
}

async function writeLog(directory: string, plan: RestorePlan, log: BootstrapLog): Promise<void> {
  const { entries, hardState, confState } = log;
  await new Promise<void>((resolve, reject) => {
    const metadata = { nodeId: plan.memberId, clusterId: plan.clusterId };
    const wal = Wal.create(directory, metadata, { onFatal: reject, fillAhead: false });
    wal.append(entries, hardState, true);
    wal.saveSnapshot({ index: hardState.commit, term: TERM, confState });
    wal.close(resolve);
  });
}

function refused(message: string): ExitError {
  return new ExitError(Exit.error, message);
}
