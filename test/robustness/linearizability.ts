// Owns the check that answers fit one order of all operations that respects time. Revisions make it linear: a write has a
// revision of its own, a read happens right after the revision its header tells. So operations are ordered already, and it
// is left to check that each did what its place in the order says, and that nothing which ended before another began
// comes after it.

import type { Answer, LeaseRecord, Operation, PutOperation } from './record.ts';
import { areSameKeys, isSameKey, type StoreLog } from './store-log.ts';

/** Members' clocks run on one machine; this is the time between an event and its being noticed. */
const CLOCK_MS = 50;

export interface RunRecord {
  readonly log: StoreLog;
  readonly operations: readonly Operation[];
  readonly leases: ReadonlyMap<bigint, LeaseRecord>;
}

export function checkOperations(record: RunRecord): string[] {
  const wrong: string[] = [];
  for (const operation of record.operations) {
    const problem = answerProblem(operation, record.log);
    if (problem !== undefined) wrong.push(`${describe(operation)}: ${problem}`);
  }
  const origins = findOrigins(record, wrong);
  checkTime(record, origins, wrong);
  return wrong;
}

/** Whether the answer is what the log says happens at its revision. */
function answerProblem({ request, answer }: Operation, log: StoreLog): string | undefined {
  if (answer === undefined) return undefined;
  const { revision } = answer;
  if (revision > log.lastRevision) return `revision ${revision} never was`;
  switch (request.kind) {
    case 'put':
      return putProblem([request.put], answer, log);
    case 'txn': {
      const { key, modRevision, puts } = request;
      const at = answer.done ? revision - 1 : revision;
      const holds = (log.at(key, at)?.modRevision ?? 0) === modRevision;
      if (holds !== answer.done) return `the comparison ${holds ? 'holds' : 'does not hold'}`;
      return answer.done
        ? putProblem(puts, { ...answer, keys: [] }, log)
        : readProblem(key, answer, log);
    }
    case 'delete': {
      if (!answer.done) return readProblem(request.key, answer, log);
      const changes = log.changesAt(revision);
      const [only] = changes;
      const isIt = changes.length === 1 && only?.key === request.key && only.value === undefined;
      if (!isIt) return `revision ${revision} is something else`;
      return previousProblem(request.key, answer, log);
    }
    case 'get': {
      const at = request.revision === 0 ? revision : request.revision;
      const isSame = areSameKeys(log.range(request.prefix, at), answer.keys);
      return isSame ? undefined : `something else was there at revision ${at}`;
    }
    case 'revoke':
      return undefined;
    default:
      throw new Error('an unknown request');
  }
}

function putProblem(
  puts: readonly PutOperation[],
  answer: Answer,
  log: StoreLog,
): string | undefined {
  const { revision } = answer;
  if (!arePuts(puts, revision, log)) return `revision ${revision} is something else`;
  const [first] = puts;
  if (puts.length !== 1 || first === undefined) return undefined;
  return answer.keys.length === 0 ? undefined : previousProblem(first.key, answer, log);
}

function arePuts(puts: readonly PutOperation[], revision: number, log: StoreLog): boolean {
  const changes = log.changesAt(revision);
  if (changes.length !== puts.length) return false;
  return puts.every(({ key, value, lease }, index) => {
    const change = changes[index];
    return change?.key === key && change.value === value && change.lease === lease;
  });
}

function previousProblem(key: string, answer: Answer, log: StoreLog): string | undefined {
  const before = log.at(key, answer.revision - 1);
  return isSameKey(before, answer.keys[0]) ? undefined : `the value before was another`;
}

function readProblem(key: string, answer: Answer, log: StoreLog): string | undefined {
  const found = log.at(key, answer.revision);
  return isSameKey(found, answer.keys[0]) ? undefined : `${key} was something else`;
}

/** Finds for every revision the operation that made it. A revision nobody made is wrong, unless a lease ended. */
function findOrigins(
  { log, operations, leases }: RunRecord,
  wrong: string[],
): Map<number, Operation> {
  const byValue = new Map<string, Operation>();
  const byRevision = new Map<number, Operation>();
  const doubtfulDeletes = new Set<string>();
  const revokes = new Map<bigint, Operation>();
  for (const operation of operations) {
    const { request, answer } = operation;
    if (request.kind === 'put') byValue.set(request.put.value, operation);
    if (request.kind === 'txn') for (const { value } of request.puts) byValue.set(value, operation);
    if (request.kind === 'revoke') revokes.set(request.lease, operation);
    if (request.kind === 'delete') {
      if (answer === undefined) doubtfulDeletes.add(request.key);
      else if (answer.done) byRevision.set(answer.revision, operation);
    }
  }
  const origins = new Map<number, Operation>();
  for (const revision of log.revisions()) {
    const [first] = log.changesAt(revision);
    if (first === undefined) continue;
    const known = first.value === undefined ? byRevision.get(revision) : byValue.get(first.value);
    if (known !== undefined) {
      origins.set(revision, known);
      const problem = originProblem(known, revision, log);
      if (problem !== undefined) wrong.push(`revision ${revision}: ${problem}`);
      continue;
    }
    const problem =
      first.value !== undefined
        ? 'nobody wrote it'
        : deletionProblem(revision, { log, doubtfulDeletes, revokes, leases });
    if (problem !== undefined) wrong.push(`revision ${revision}: ${problem}`);
  }
  checkOnce(origins, wrong);
  return origins;
}

function originProblem(
  { request, answer }: Operation,
  revision: number,
  log: StoreLog,
): string | undefined {
  const puts =
    request.kind === 'put' ? [request.put] : request.kind === 'txn' ? request.puts : undefined;
  if (puts !== undefined && !arePuts(puts, revision, log)) return 'a part of a transaction';
  if (answer === undefined) {
    if (request.kind !== 'txn') return undefined;
    const holds = (log.at(request.key, revision - 1)?.modRevision ?? 0) === request.modRevision;
    return holds ? undefined : 'a transaction whose comparison does not hold';
  }
  if (request.kind === 'txn' && !answer.done) return 'a transaction that said it did nothing';
  return answer.revision === revision ? undefined : `was acknowledged at ${answer.revision}`;
}

function checkOnce(origins: ReadonlyMap<number, Operation>, wrong: string[]): void {
  const seen = new Map<Operation, number>();
  for (const [revision, operation] of origins) {
    const before = seen.get(operation);
    if (before !== undefined) wrong.push(`${describe(operation)}: at ${before} and ${revision}`);
    seen.set(operation, revision);
  }
}

interface DeletionContext {
  readonly log: StoreLog;
  readonly doubtfulDeletes: ReadonlySet<string>;
  readonly revokes: ReadonlyMap<bigint, Operation>;
  readonly leases: ReadonlyMap<bigint, LeaseRecord>;
}

/** A deletion nobody was told of: a request without an answer, or the end of a lease with all its keys, in its time. */
function deletionProblem(revision: number, context: DeletionContext): string | undefined {
  const { log, doubtfulDeletes, revokes, leases } = context;
  const changes = log.changesAt(revision);
  const [first] = changes;
  if (first === undefined) return undefined;
  if (changes.length === 1 && doubtfulDeletes.has(first.key)) return undefined;
  const lease = log.at(first.key, revision - 1)?.lease ?? 0n;
  if (lease === 0n) return `nobody deleted ${first.key}`;
  const attached = log.range('', revision - 1).filter((key) => key.lease === lease);
  const deleted = changes.map(({ key }) => key).sort();
  if (attached.map(({ key }) => key).join() !== deleted.join()) {
    return `lease ${lease} ended without some of its keys`;
  }
  if (revokes.has(lease)) return undefined;
  const granted = leases.get(lease);
  // Nobody was told of the grant: its time is not known.
  if (granted === undefined) return undefined;
  const livedMs = log.seenMs(revision) - granted.renewedMs;
  const isEarly = livedMs < granted.ttlSeconds * 1000 - CLOCK_MS;
  return isEarly ? `lease ${lease} ended after ${livedMs.toFixed()} ms` : undefined;
}

/** What ended before another began comes before it, and nothing is seen before it was asked for. */
function checkTime(
  { log, operations }: RunRecord,
  origins: ReadonlyMap<number, Operation>,
  wrong: string[],
): void {
  const ended = operations
    .filter(({ answer, request }) => answer !== undefined && isOrdered(request))
    .sort((a, b) => a.endMs - b.endMs);
  const made = new Map<Operation, number>();
  for (const [revision, operation] of origins) made.set(operation, revision);
  const latestStart = latestStarts(log, origins);
  let next = 0;
  let known = 0;
  for (const operation of [...operations].sort((a, b) => a.startMs - b.startMs)) {
    for (;;) {
      const before = ended[next];
      if (before === undefined || before.endMs >= operation.startMs) break;
      known = Math.max(known, before.answer?.revision ?? 0);
      next += 1;
    }
    const { request, answer } = operation;
    const revision = made.get(operation);
    if (revision !== undefined && revision <= known) {
      wrong.push(`${describe(operation)}: made revision ${revision}, ${known} was known before`);
    }
    if (answer === undefined) continue;
    if (isOrdered(request) && answer.revision < known) {
      wrong.push(`${describe(operation)}: is of revision ${answer.revision}, ${known} was known`);
    }
    if ((latestStart.get(answer.revision) ?? 0) > operation.endMs) {
      wrong.push(`${describe(operation)}: saw revision ${answer.revision} before it was asked for`);
    }
  }
}

/** Serializable reads may be old, and so may be the header of an answer about leases. */
function isOrdered(request: Operation['request']): boolean {
  if (request.kind === 'revoke') return false;
  return request.kind !== 'get' || !request.serializable;
}

/** For every revision, when the last of the operations up to it began. */
function latestStarts(
  log: StoreLog,
  origins: ReadonlyMap<number, Operation>,
): ReadonlyMap<number, number> {
  const latest = new Map<number, number>();
  let startMs = 0;
  for (const revision of log.revisions()) {
    startMs = Math.max(startMs, origins.get(revision)?.startMs ?? 0);
    latest.set(revision, startMs);
  }
  return latest;
}

function describe({ client, request, startMs, endMs }: Operation): string {
  const what = request.kind === 'put' ? `put ${request.put.key}` : request.kind;
  return `${client} ${what} (${startMs.toFixed(0)} to ${endMs.toFixed(0)} ms)`;
}
