// Owns what is asked of single members, and of the cluster as a whole apart from its data.
import { GrpcStatus } from '../server/base/errors.ts';
import {
  AlarmAction,
  type AlarmMember,
  type AlarmResponse,
  AlarmType,
  type DefragmentResponse,
  DowngradeAction,
  type DowngradeResponse,
  decodeAlarmResponse,
  decodeDefragmentResponse,
  decodeDowngradeResponse,
  decodeHashKVResponse,
  decodeHashResponse,
  decodeMoveLeaderResponse,
  decodeSnapshotResponse,
  decodeStatusResponse,
  encodeAlarmRequest,
  encodeDefragmentRequest,
  encodeDowngradeRequest,
  encodeHashKVRequest,
  encodeHashRequest,
  encodeMoveLeaderRequest,
  encodeSnapshotRequest,
  encodeStatusRequest,
  type HashKVResponse,
  type HashResponse,
  type MoveLeaderResponse,
  type SnapshotResponse,
  type StatusResponse,
} from '../server/proto/gen/rpc.ts';
import type { Caller } from './caller.ts';
import { ClientError, toCallFailure } from './client-error.ts';
import { type CallOptions, reading, writing } from './method.ts';

const SERVICE = '/etcdserverpb.Maintenance';
const ALARM = writing(`${SERVICE}/Alarm`, encodeAlarmRequest, decodeAlarmResponse);
const ALARM_LIST = reading(`${SERVICE}/Alarm`, encodeAlarmRequest, decodeAlarmResponse);
const STATUS = reading(`${SERVICE}/Status`, encodeStatusRequest, decodeStatusResponse);
const DEFRAGMENT = writing(
  `${SERVICE}/Defragment`,
  encodeDefragmentRequest,
  decodeDefragmentResponse,
);
const HASH = reading(`${SERVICE}/Hash`, encodeHashRequest, decodeHashResponse);
const HASH_KV = reading(`${SERVICE}/HashKV`, encodeHashKVRequest, decodeHashKVResponse);
const SNAPSHOT = reading(`${SERVICE}/Snapshot`, encodeSnapshotRequest, decodeSnapshotResponse);
const MOVE_LEADER = writing(
  `${SERVICE}/MoveLeader`,
  encodeMoveLeaderRequest,
  decodeMoveLeaderResponse,
);
const DOWNGRADE = writing(`${SERVICE}/Downgrade`, encodeDowngradeRequest, decodeDowngradeResponse);

/** Calls that name no endpoint go to any member. */
export interface MemberCallOptions extends CallOptions {
  readonly endpoint?: string;
}

export class Maintenance {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** All alarms that are raised. */
  alarms(options: CallOptions = {}): Promise<AlarmResponse> {
    const request = { action: AlarmAction.get, memberId: 0n, alarm: AlarmType.none };
    return this.#caller.unary(ALARM_LIST, request, options);
  }

  activateAlarm(alarm: AlarmMember, options: CallOptions = {}): Promise<AlarmResponse> {
    return this.#caller.unary(ALARM, { action: AlarmAction.activate, ...alarm }, options);
  }

  deactivateAlarm(alarm: AlarmMember, options: CallOptions = {}): Promise<AlarmResponse> {
    return this.#caller.unary(ALARM, { action: AlarmAction.deactivate, ...alarm }, options);
  }

  /** The member's own view: version, size, leader, log, alarms. */
  status(options: MemberCallOptions = {}): Promise<StatusResponse> {
    if (options.endpoint === undefined) return this.#caller.unary(STATUS, {}, options);
    return this.#caller.unaryAt(options.endpoint, STATUS, {}, options);
  }

  /** May take minutes: waits for ever unless told otherwise. */
  defragment(endpoint: string, options: CallOptions = {}): Promise<DefragmentResponse> {
    const patient = { timeoutMs: Number.POSITIVE_INFINITY, ...options };
    return this.#caller.unaryAt(endpoint, DEFRAGMENT, {}, patient);
  }

  hash(endpoint: string, options: CallOptions = {}): Promise<HashResponse> {
    return this.#caller.unaryAt(endpoint, HASH, {}, options);
  }

  /** The hash of the keys' history up to `revision`; 0 for all of it. */
  hashKv(
    endpoint: string,
    revision: number = 0,
    options: CallOptions = {},
  ): Promise<HashKVResponse> {
    return this.#caller.unaryAt(endpoint, HASH_KV, { revision }, options);
  }

  /** `endpoint` must be the leader's, or one of the client's that happens to be. */
  moveLeader(targetId: bigint, options: MemberCallOptions = {}): Promise<MoveLeaderResponse> {
    if (options.endpoint === undefined) {
      return this.#caller.unary(MOVE_LEADER, { targetId }, options);
    }
    return this.#caller.unaryAt(options.endpoint, MOVE_LEADER, { targetId }, options);
  }

  downgrade(
    action: keyof typeof DowngradeAction,
    version: string,
    options: CallOptions = {},
  ): Promise<DowngradeResponse> {
    return this.#caller.unary(DOWNGRADE, { action: DowngradeAction[action], version }, options);
  }

  /**
   * The whole store as a file, in parts; the last part is the SHA-256 of the rest. Throws when the stream ends early.
   * Waits for ever unless told otherwise.
   */
  async *snapshot(
    options: MemberCallOptions = {},
  ): AsyncGenerator<SnapshotResponse, void, undefined> {
    const { call, connection, release } = await this.#caller.serverStream(SNAPSHOT, {}, options);
    let remainingBytes = -1;
    try {
      for await (const message of call) {
        const part: SnapshotResponse = message;
        remainingBytes = part.remainingBytes;
        yield part;
      }
    } catch (error) {
      const failure = toCallFailure(error);
      this.#caller.reportStreamFailure(connection, failure);
      throw failure;
    } finally {
      release();
    }
    if (remainingBytes !== 0) {
      throw new ClientError(GrpcStatus.dataLoss, 'the snapshot ended early', { origin: 'server' });
    }
  }
}
