// Owns what the operator asks of members, over etcd's own API only, so that any etcd will do. The shapes are those of
// the MemberPort that operator/controller declares.
//
// Questions about the cluster go to all members at once and the first good answer counts: one that hangs costs nothing.
// Changes go to one member, a voter that has a leader; they are not repeated, since an answer may be lost after the change
// took effect. The next round sees what became of it.
import type { EtcdClient } from '../../client/client.ts';
import { MemberClients } from './member-clients.ts';

export interface Endpoint {
  readonly name: string;
  readonly url: string;
}

export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface ListResult {
  readonly kind: 'known';
  readonly clusterId: string;
  readonly entries: readonly Listed[];
}

export interface Answer {
  readonly kind: 'answered';
  readonly memberId: string;
  readonly clusterId: string;
  readonly leaderId?: string;
  readonly isLearner: boolean;
  readonly version: string;
  readonly dbSizeBytes: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly hasAlarms: boolean;
}

export interface RaisedAlarm {
  readonly memberId: string;
  readonly type: 'NOSPACE' | 'CORRUPT';
}

export type MemberChange =
  | { readonly kind: 'memberAdd'; readonly peerUrl: string }
  | { readonly kind: 'memberPromote' | 'memberRemove'; readonly memberId: string }
  | { readonly kind: 'moveLeader'; readonly leaderId: string; readonly targetId: string }
  | { readonly kind: 'disarmAlarm'; readonly alarm: RaisedAlarm };

/** etcd's numbers of alarms. */
const ALARM_NUMBERS = { NOSPACE: 1, CORRUPT: 2 } as const;

/**
 * The one error of a status that is no alarm. How the alarms are written differs between versions, so they are not read here.
 * etcd: server/etcdserver/api/v3rpc/maintenance.go (Status).
 */
const NO_LEADER = 'etcdserver: no leader';

/** Errors that say the change is done already, or that the server wants more time: the next round sees which. */
const NO_FAILURES: Readonly<Record<MemberChange['kind'], readonly string[]>> = {
  // The ID is made of the URL and the second: asked twice in one, etcd finds the ID before the URL.
  memberAdd: ['peerUrlExist', 'memberExist'],
  memberPromote: ['learnerNotReady', 'memberNotLearner'],
  memberRemove: ['memberNotFound'],
  moveLeader: [],
  disarmAlarm: [],
};

export class EtcdMembers {
  readonly #clients: MemberClients;

  constructor() {
    this.#clients = new MemberClients();
  }

  async status(endpoint: Endpoint, signal: AbortSignal): Promise<Answer> {
    const client = this.#clients.get(endpoint.url);
    const reply = await client.maintenance.status({ signal }).catch((error: unknown) => {
      this.#clients.forget(endpoint.url, client);
      throw error;
    });
    const { memberId = 0n, clusterId = 0n } = reply.header ?? {};
    return {
      kind: 'answered',
      memberId: hex(memberId),
      clusterId: hex(clusterId),
      ...(reply.leader === 0n ? {} : { leaderId: hex(reply.leader) }),
      isLearner: reply.isLearner,
      version: reply.version,
      dbSizeBytes: reply.dbSize,
      raftTerm: reply.raftTerm,
      raftAppliedIndex: reply.raftAppliedIndex,
      hasAlarms: reply.errors.some((text) => text !== NO_LEADER),
    };
  }

  /** The list of the cluster `clusterId` if any member answers for it, else of whichever cluster answers. */
  async memberList(
    endpoints: readonly Endpoint[],
    clusterId: string | undefined,
    signal: AbortSignal,
  ): Promise<ListResult> {
    const asked = endpoints.map(async ({ url }): Promise<ListResult> => {
      const { header, members } = await this.#clients.get(url).cluster.memberList({ signal });
      const entries = members.map(({ id, name, peerUrls, isLearner }) => {
        return { id: hex(id), name, peerUrls, isLearner };
      });
      return { kind: 'known', clusterId: hex(header?.clusterId ?? 0n), entries };
    });
    const ours = asked.map(async (answer) => {
      const list = await answer;
      if (clusterId === undefined || list.clusterId === clusterId) return list;
      throw new Error(`a member of cluster ${list.clusterId}`);
    });
    return await firstOf(ours).catch(() => firstOf(asked));
  }

  /** Linearizable, and written to the log by the server: to be asked only when a status tells of alarms. */
  async alarms(
    endpoints: readonly Endpoint[],
    signal: AbortSignal,
  ): Promise<readonly RaisedAlarm[]> {
    const asked = endpoints.map(({ url }) => this.#clients.get(url).maintenance.alarms({ signal }));
    const { alarms } = await firstOf(asked);
    const raised: RaisedAlarm[] = [];
    for (const { memberId, alarm } of alarms) {
      if (alarm === ALARM_NUMBERS.NOSPACE)
        raised.push({ memberId: hex(memberId), type: 'NOSPACE' });
      if (alarm === ALARM_NUMBERS.CORRUPT)
        raised.push({ memberId: hex(memberId), type: 'CORRUPT' });
    }
    return raised;
  }

  async perform(
    endpoints: readonly Endpoint[],
    change: MemberChange,
    signal: AbortSignal,
  ): Promise<void> {
    const client = await this.#findVoter(endpoints, change, signal);
    try {
      await apply(client, change, signal);
    } catch (error) {
      if (!NO_FAILURES[change.kind].includes(codeOf(error))) throw error;
    }
  }

  close(): void {
    this.#clients.close();
  }

  /** A learner refuses to change anything; leadership is handed over by the leader alone. */
  async #findVoter(
    endpoints: readonly Endpoint[],
    change: MemberChange,
    signal: AbortSignal,
  ): Promise<EtcdClient> {
    const asked = endpoints.map(async (endpoint) => {
      const { memberId, leaderId, isLearner } = await this.status(endpoint, signal);
      if (isLearner || leaderId === undefined) throw new Error(`${endpoint.name} cannot change it`);
      if (change.kind === 'moveLeader' && memberId !== change.leaderId) {
        throw new Error(`${endpoint.name} does not lead`);
      }
      return this.#clients.get(endpoint.url);
    });
    return await firstOf(asked);
  }
}

async function apply(client: EtcdClient, change: MemberChange, signal: AbortSignal): Promise<void> {
  const { cluster, maintenance } = client;
  switch (change.kind) {
    case 'memberAdd':
      await cluster.memberAdd([change.peerUrl], { isLearner: true, signal });
      return;
    case 'memberPromote':
      await cluster.memberPromote(fromHex(change.memberId), { signal });
      return;
    case 'memberRemove':
      await cluster.memberRemove(fromHex(change.memberId), { signal });
      return;
    case 'moveLeader':
      await maintenance.moveLeader(fromHex(change.targetId), { signal });
      return;
    case 'disarmAlarm': {
      const { memberId, type } = change.alarm;
      const alarm = { memberId: fromHex(memberId), alarm: ALARM_NUMBERS[type] };
      await maintenance.deactivateAlarm(alarm, { signal });
      return;
    }
  }
}

/** The first success; if there is none, the first failure, which says more than "all failed". */
async function firstOf<T>(asked: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(asked);
  } catch (error) {
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
    throw first instanceof Error ? first : new Error('no member to ask', { cause: error });
  }
}

/** As etcdctl prints it: without leading zeros. */
function hex(id: bigint): string {
  return id.toString(16);
}

function fromHex(id: string): bigint {
  return BigInt(`0x${id}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
