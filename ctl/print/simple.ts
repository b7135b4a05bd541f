// Owns --write-out=simple, the format for people and for shells. etcd: printer_simple.go.
import { equalBytes, prefixRangeEnd, utf8Text } from '../../server/base/bytes.ts';
import type { Permission } from '../../server/proto/gen/auth.ts';
import { PermissionType } from '../../server/proto/gen/auth.ts';
import type { KeyValue } from '../../server/proto/gen/kv.ts';
import type { AlarmMember, ResponseOp } from '../../server/proto/gen/rpc.ts';
import type { Piece } from '../line/terminal.ts';
import { alarmName, eventTypeName } from './enum-names.ts';
import { escapedHex, hexId, hexLease, listText } from './go-text.ts';
import type { EndpointHealth, Result } from './result.ts';
import { commaLines, hashRows, memberRows, statusRows } from './tables.ts';

type Of<Kind extends Result['kind']> = Extract<Result, { readonly kind: Kind }>;

export interface SimpleOptions {
  readonly isHex: boolean;
  /** Leaves out keys. */
  readonly valueOnly: boolean;
}

export function printSimple(result: Result, options: SimpleOptions): readonly Piece[] {
  return new SimplePrinter(options).pieces(result);
}

/** Endpoints that are not healthy, which etcdctl tells on standard error. */
export function unhealthyLines(list: readonly EndpointHealth[]): string {
  return list
    .filter(({ error }) => error !== '')
    .map(({ endpoint, error }) => `${endpoint} is unhealthy: failed to commit proposal: ${error}\n`)
    .join('');
}

class SimplePrinter {
  readonly #isHex: boolean;
  readonly #valueOnly: boolean;

  constructor(options: SimpleOptions) {
    this.#isHex = options.isHex;
    this.#valueOnly = options.valueOnly;
  }

  pieces(result: Result): readonly Piece[] {
    switch (result.kind) {
      case 'get':
        return this.#kvs(result.response.kvs);
      case 'put':
        return this.#put(result.response);
      case 'delete':
        return this.#delete(result.response);
      case 'txn': {
        const head = result.response.succeeded ? 'SUCCESS\n' : 'FAILURE\n';
        return [head, ...result.response.responses.flatMap((op) => this.#op(op))];
      }
      case 'watch':
        return result.response.events.flatMap((event) => [
          `${eventTypeName(event.type)}\n`,
          ...(event.prevKv === undefined ? [] : this.#kv(event.prevKv)),
          ...(event.kv === undefined ? [] : this.#kv(event.kv)),
        ]);
      case 'leaseGrant':
      case 'leaseRevoke':
      case 'leaseKeepAlive':
      case 'leaseTimeToLive':
      case 'leases':
        return leasePieces(result);
      case 'memberAdd':
      case 'memberRemove':
      case 'memberUpdate':
      case 'memberPromote':
      case 'memberList':
        return [memberText(result)];
      case 'endpointHealth':
        return [result.list.map(healthLine).join('')];
      case 'endpointStatus':
        return [commaLines(statusRows(result.list))];
      case 'endpointHash':
        return [commaLines(hashRows(result.list))];
      case 'moveLeader': {
        const [from, to] = [hexId(result.leaderId), hexId(result.targetId)];
        return [`Leadership transferred from ${from} to ${to}\n`];
      }
      case 'downgrade': {
        const { action, response } = result;
        return [`Downgrade ${action} success, cluster version ${response.version}\n`];
      }
      case 'alarms':
        return [result.response.alarms.map(alarmLine).join('')];
      default:
        return authPieces(result);
    }
  }

  #kvs(list: readonly KeyValue[]): readonly Piece[] {
    return list.flatMap((kv) => this.#kv(kv));
  }

  #kv({ key, value }: KeyValue): readonly Piece[] {
    const shownKey = this.#isHex ? escapedHex(key) : key;
    const shownValue = this.#isHex ? escapedHex(value) : value;
    return this.#valueOnly ? [shownValue, '\n'] : [shownKey, '\n', shownValue, '\n'];
  }

  #put({ prevKv }: Of<'put'>['response']): readonly Piece[] {
    return ['OK\n', ...(prevKv === undefined ? [] : this.#kv(prevKv))];
  }

  #delete({ deleted, prevKvs }: Of<'delete'>['response']): readonly Piece[] {
    return [`${deleted}\n`, ...this.#kvs(prevKvs)];
  }

  #op(op: ResponseOp): readonly Piece[] {
    if (op.responseDeleteRange !== undefined)
      return ['\n', ...this.#delete(op.responseDeleteRange)];
    if (op.responsePut !== undefined) return ['\n', ...this.#put(op.responsePut)];
    if (op.responseRange !== undefined) return ['\n', ...this.#kvs(op.responseRange.kvs)];
    return ['\n', 'unexpected response\n'];
  }
}

function leasePieces(
  result:
    | Of<'leaseGrant'>
    | Of<'leaseRevoke'>
    | Of<'leaseKeepAlive'>
    | Of<'leaseTimeToLive'>
    | Of<'leases'>,
): readonly Piece[] {
  switch (result.kind) {
    case 'leaseGrant': {
      const { id, ttl } = result.response;
      return [`lease ${hexLease(id)} granted with TTL(${ttl}s)\n`];
    }
    case 'leaseRevoke':
      return [`lease ${hexLease(result.id)} revoked\n`];
    case 'leaseKeepAlive': {
      const { id, ttl } = result.response;
      return [`lease ${hexLease(id)} keepalived with TTL(${ttl})\n`];
    }
    case 'leaseTimeToLive':
      return [timeToLiveLine(result)];
    case 'leases': {
      const { leases } = result.response;
      const lines = leases.map(({ id }) => `${hexLease(id)}\n`);
      return [`found ${leases.length} leases\n`, ...lines];
    }
  }
}

function timeToLiveLine({ response, keys }: Of<'leaseTimeToLive'>): string {
  const { id, ttl, grantedTtl } = response;
  if (grantedTtl === 0 && ttl === -1) return `lease ${hexLease(id)} already expired\n`;
  const attached = keys ? `, attached keys(${listText(response.keys.map(utf8Text))})` : '';
  return `lease ${hexLease(id)} granted with TTL(${grantedTtl}s), remaining(${ttl}s)${attached}\n`;
}

function memberText(
  result:
    | Of<'memberAdd'>
    | Of<'memberRemove'>
    | Of<'memberUpdate'>
    | Of<'memberPromote'>
    | Of<'memberList'>,
): string {
  const cluster = padded(result.response.header?.clusterId ?? 0n);
  switch (result.kind) {
    case 'memberAdd': {
      const { member } = result.response;
      const asLearner = member?.isLearner === true ? ' as learner ' : ' ';
      return `Member ${padded(member?.id ?? 0n)} added${asLearner}to cluster ${cluster}\n`;
    }
    case 'memberRemove':
      return `Member ${padded(result.id)} removed from cluster ${cluster}\n`;
    case 'memberUpdate':
      return `Member ${padded(result.id)} updated in cluster ${cluster}\n`;
    case 'memberPromote':
      return `Member ${padded(result.id)} promoted in cluster ${cluster}\n`;
    case 'memberList':
      return commaLines(memberRows(result.response.members));
  }
}

/** Go's %16x: filled up with spaces. */
function padded(id: bigint): string {
  return hexId(id).padStart(16);
}

function healthLine({ endpoint, took, error }: EndpointHealth): string {
  if (error !== '') return '';
  return `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`;
}

/** Go's %+v of the message. */
function alarmLine({ memberId, alarm }: AlarmMember): string {
  return `memberID:${memberId} alarm:${alarmName(alarm)} \n`;
}

type AuthResult = Exclude<
  Result,
  Of<
    | 'get'
    | 'put'
    | 'delete'
    | 'txn'
    | 'watch'
    | 'leaseGrant'
    | 'leaseRevoke'
    | 'leaseKeepAlive'
    | 'leaseTimeToLive'
    | 'leases'
    | 'memberAdd'
    | 'memberRemove'
    | 'memberUpdate'
    | 'memberPromote'
    | 'memberList'
    | 'endpointHealth'
    | 'endpointStatus'
    | 'endpointHash'
    | 'moveLeader'
    | 'downgrade'
    | 'alarms'
  >
>;

function authPieces(result: AuthResult): readonly Piece[] {
  switch (result.kind) {
    case 'roleAdd':
      return [`Role ${result.name} created\n`];
    case 'roleDelete':
      return [`Role ${result.name} deleted\n`];
    case 'roleGet':
      return roleLines(result);
    case 'roleList':
      return result.response.roles.map((role) => `${role}\n`);
    case 'roleGrant':
      return [`Role ${result.name} updated\n`];
    case 'roleRevoke':
      return revokedLine(result);
    case 'userAdd':
      return [`User ${result.name} created\n`];
    case 'userGet': {
      const roles = result.response.roles.map((role) => ` ${role}`).join('');
      return [`User: ${result.name}\nRoles:${roles}\n`];
    }
    case 'userList':
      return result.response.users.map((user) => `${user}\n`);
    case 'userPassword':
      return ['Password updated\n'];
    case 'userGrant':
      return [`Role ${result.role} is granted to user ${result.name}\n`];
    case 'userRevoke':
      return [`Role ${result.role} is revoked from user ${result.name}\n`];
    case 'userDelete':
      return [`User ${result.name} deleted\n`];
    case 'authStatus': {
      const { enabled, authRevision } = result.response;
      return [`Authentication Status: ${enabled}\nAuthRevision: ${authRevision}\n`];
    }
  }
}

function roleLines({ name, response }: Of<'roleGet'>): readonly Piece[] {
  const everything = name === 'root' && response.perm.length === 0;
  const all = ['\t[, <open ended>\n'];
  const write = PermissionType.write;
  const readable = response.perm.filter(({ permType }) => permType !== write);
  const writable = response.perm.filter(({ permType }) => permType !== PermissionType.read);
  return [
    `Role ${name}\nKV Read:\n`,
    ...(everything ? all : readable.flatMap(permissionLine)),
    'KV Write:\n',
    ...(everything ? all : writable.flatMap(permissionLine)),
  ];
}

function permissionLine({ key, rangeEnd }: Permission): readonly Piece[] {
  if (rangeEnd.length === 0) return ['\t', key, '\n'];
  const openEnded = isOpenEnd(rangeEnd);
  const end: readonly Piece[] = openEnded ? ['<open ended>'] : [rangeEnd, ')'];
  const isPrefix = key.length > 0 && equalBytes(prefixRangeEnd(key), rangeEnd);
  return ['\t[', key, ', ', ...end, ...(isPrefix ? [' (prefix ', key, ')'] : []), '\n'];
}

function revokedLine({ name, key, rangeEnd }: Of<'roleRevoke'>): readonly Piece[] {
  const tail = ` is revoked from role ${name}\n`;
  if (rangeEnd.length === 0) return ['Permission of key ', key, tail];
  const end: readonly Piece[] = isOpenEnd(rangeEnd) ? ['<open ended>'] : [rangeEnd, ')'];
  return ['Permission of range [', key, ', ', ...end, tail];
}

function isOpenEnd(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}
