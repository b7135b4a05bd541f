// Owns turning a committed command into a change of state and an answer. Deterministic: the same command on the same
// state gives the same state and the same answer on every member, down to revisions and stored bytes.
//
// The chain a command passes, as in etcd: corrupt alarm > no space > quota > the change itself.
// etcd: server/etcdserver/apply/uber_applier.go.

import type { AlarmStore } from '../alarm/alarm-store.ts';
import { assert } from '../base/assert.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { Lessor } from '../lease/lessor.ts';
import type { CompactionJob } from '../mvcc/background-jobs.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type {
  ClusterMemberAttrSetRequest,
  ClusterVersionSetRequest,
  DowngradeInfoSetRequest,
} from '../proto/gen/membership.ts';
import {
  AlarmAction,
  type AlarmRequest,
  AlarmType,
  type DeleteRangeRequest,
  type LeaseCheckpointRequest,
  type PutRequest,
  type TxnRequest,
} from '../proto/gen/rpc.ts';
import { passesOver } from './auth-command.ts';
import type { Command } from './command.ts';
import { KeyWriter } from './key-writer.ts';
import { commandCost, txnCost } from './quota.ts';
import { executeRange } from './range.ts';
import type { AlarmResult, ApplyOutcome, ApplyResult } from './result.ts';
import { applyTxn } from './txn.ts';

/** The membership's side of replicated commands. */
export interface MembershipPort {
  setClusterVersion(request: ClusterVersionSetRequest): void;
  setMemberAttributes(request: ClusterMemberAttrSetRequest): void;
  setDowngradeInfo(request: DowngradeInfoSetRequest): void;
  /** A PUT of the v2 store, which only carries attributes of members and the cluster version. */
  putV2(path: string, value: string): void;
}

export interface ApplierDeps {
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: AlarmStore;
  readonly membership: MembershipPort;
  /** Negative: no quota. */
  readonly quotaBytes: number;
  /** Whether checkpoints of leases are kept in the store. */
  readonly persistCheckpoints: boolean;
  /** A compaction was scheduled: somebody steps it. */
  readonly onCompaction: (job: CompactionJob) => void;
  /** A write went over the quota although it passed the check before it was proposed. */
  readonly onNoSpace: () => void;
}

export class Applier {
  readonly #deps: ApplierDeps;
  readonly #writer: KeyWriter;
  #hasNoSpace: boolean;
  #isCorrupt: boolean;

  constructor(deps: ApplierDeps) {
    this.#deps = deps;
    this.#writer = new KeyWriter(deps.store, deps.lessor);
    this.#hasNoSpace = false;
    this.#isCorrupt = false;
    this.restore();
  }

  /** True while an alarm keeps writes out: proposers refuse early. */
  get hasNoSpace(): boolean {
    return this.#hasNoSpace;
  }

  /** The store was replaced: the alarms are those of the new one. */
  restore(): void {
    this.#hasNoSpace = this.#deps.alarms.has(AlarmType.nospace);
    this.#isCorrupt = this.#deps.alarms.has(AlarmType.corrupt);
  }

  /** Whether a command still fits into the quota. etcd: server/storage/quota.go Available. */
  fits(command: Command): boolean {
    const { quotaBytes } = this.#deps;
    if (quotaBytes < 0) return true;
    const cost = commandCost(command);
    return cost === 0 || this.#deps.store.backend.sizeBytes() + cost < quotaBytes;
  }

  apply(command: Command): ApplyOutcome {
    try {
      return this.#applyChecked(command);
    } catch (error) {
      if (isEtcdError(error)) return error;
      throw error;
    }
  }

  #applyChecked(command: Command): ApplyOutcome {
    const refusal = this.#refusal(command);
    if (refusal !== undefined) return refusal;
    // etcd: the write that goes over the quota stays, but its client is told, and the alarm is raised.
    const fits = this.fits(command);
    const result = this.#run(command);
    if (fits) return result;
    this.#deps.onNoSpace();
    return new EtcdError('noSpace');
  }

  #refusal(command: Command): EtcdError | undefined {
    if (this.#isCorrupt && isDataCommand(command)) return new EtcdError('corrupt');
    if (this.#hasNoSpace && isRefusedWithoutSpace(command)) return new EtcdError('noSpace');
    return undefined;
  }

  #run(command: Command): ApplyResult {
    switch (command.kind) {
      case 'put':
        return this.#put(command.request);
      case 'txn':
        return this.#txn(command.request);
      case 'range':
        return executeRange(this.#deps.store, command.request);
      case 'deleteRange':
        return this.#deleteRange(command.request);
      case 'compaction':
        return this.#compact(command.request.revision);
      case 'leaseGrant':
        return this.#grant(command.request.id, command.request.ttl);
      case 'leaseRevoke':
        return this.#revoke(command.request.id);
      case 'alarm':
        return this.#alarm(command.request);
      default:
        return this.#runMembership(command);
    }
  }

  #runMembership(command: Command): ApplyResult {
    const { membership } = this.#deps;
    switch (command.kind) {
      case 'leaseCheckpoint':
        this.#checkpoint(command.request);
        break;
      case 'clusterVersionSet':
        membership.setClusterVersion(command.request);
        break;
      case 'clusterMemberAttrSet':
        membership.setMemberAttributes(command.request);
        break;
      case 'downgradeInfoSet':
        membership.setDowngradeInfo(command.request);
        break;
      case 'v2':
        if (command.request.method === 'PUT') {
          membership.putV2(command.request.path, command.request.val);
        }
        break;
      case 'downgradeVersionTest':
        break;
      case 'other': {
        // Skipping it would let this member's state differ from the others' without a sign.
        const isHarmless = passesOver(command.request, this.#deps.store.backend);
        assert(isHarmless, 'a command this version cannot apply');
        break;
      }
      default:
        assert(false, `a command this version cannot apply: ${command.kind}`);
    }
    return { kind: 'done' };
  }

  #put(request: PutRequest): ApplyResult {
    this.#writer.checkPut(request);
    const txn = this.#deps.store.beginWrite();
    const result = this.#writer.put(txn, request);
    txn.end();
    return result;
  }

  #txn(request: TxnRequest): ApplyResult {
    return applyTxn(this.#deps.store, this.#writer, request);
  }

  #deleteRange(request: DeleteRangeRequest): ApplyResult {
    const txn = this.#deps.store.beginWrite();
    const result = this.#writer.deleteRange(txn, request);
    txn.end();
    return result;
  }

  #compact(revision: number): ApplyResult {
    const { store } = this.#deps;
    this.#deps.onCompaction(store.scheduleCompaction(revision));
    return { kind: 'compaction', revision: store.revision };
  }

  #grant(id: bigint, ttlSeconds: number): ApplyResult {
    const granted = this.#deps.lessor.grant(id, ttlSeconds);
    return { kind: 'leaseGrant', id, ttlSeconds: granted, revision: this.#deps.store.revision };
  }

  #revoke(id: bigint): ApplyResult {
    const keys = this.#deps.lessor.revoke(id);
    this.#writer.deleteKeys(keys);
    return { kind: 'leaseRevoke', revision: this.#deps.store.revision };
  }

  #checkpoint(request: LeaseCheckpointRequest): void {
    const { lessor, persistCheckpoints } = this.#deps;
    for (const { id, remainingTtl } of request.checkpoints) {
      lessor.checkpoint(id, remainingTtl, persistCheckpoints);
    }
  }

  #alarm(request: AlarmRequest): AlarmResult {
    const { alarms, store } = this.#deps;
    const revision = store.revision;
    if (request.action === AlarmAction.get) {
      return { kind: 'alarm', alarms: alarms.list(request.alarm), revision };
    }
    const changed = this.#changeAlarm(request);
    this.restore();
    return { kind: 'alarm', alarms: changed === undefined ? [] : [changed], revision };
  }

  #changeAlarm({
    action,
    memberId,
    alarm,
  }: AlarmRequest): AlarmResult['alarms'][number] | undefined {
    const { alarms } = this.#deps;
    if (action === AlarmAction.deactivate) return alarms.deactivate(memberId, alarm);
    // etcd: raising "none" changes nothing, and so does an action it does not know.
    if (action !== AlarmAction.activate || alarm === AlarmType.none) return undefined;
    return alarms.activate(memberId, alarm);
  }
}

/** What a member with corrupt data must not touch. */
function isDataCommand(command: Command): boolean {
  switch (command.kind) {
    case 'put':
    case 'range':
    case 'deleteRange':
    case 'txn':
    case 'compaction':
    case 'leaseGrant':
    case 'leaseRevoke':
      return true;
    default:
      return false;
  }
}

/** etcd: capped.go. Without space only what frees some is let through. */
function isRefusedWithoutSpace(command: Command): boolean {
  if (command.kind === 'put' || command.kind === 'leaseGrant') return true;
  return command.kind === 'txn' && txnCost(command.request) > 0;
}
