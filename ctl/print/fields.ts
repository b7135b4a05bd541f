// Owns --write-out=fields: one `"Name" : value` per line. etcd: printer_fields.go.
import type { KeyValue } from '../../server/proto/gen/kv.ts';
import type { ResponseHeader, ResponseOp } from '../../server/proto/gen/rpc.ts';
import { alarmName, eventTypeName, permissionName } from './enum-names.ts';
import { hexId, hexLease, listText, quoted } from './go-text.ts';
import type { EndpointHash, EndpointHealth, EndpointStatus, Result } from './result.ts';
import { Unsupported } from './unsupported.ts';

type Of<Kind extends Result['kind']> = Extract<Result, { readonly kind: Kind }>;

/** Throws Unsupported for what has no fields. */
export function printFields(result: Result, options: { readonly isHex: boolean }): string {
  return new FieldsPrinter(options.isHex).lines(result).join('');
}

class FieldsPrinter {
  readonly #isHex: boolean;

  constructor(isHex: boolean) {
    this.#isHex = isHex;
  }

  lines(result: Result): readonly string[] {
    switch (result.kind) {
      case 'get':
        return this.#range(result.response);
      case 'put':
        return this.#put(result.response);
      case 'delete':
        return this.#delete(result.response);
      case 'txn':
        return this.#txn(result);
      case 'watch':
        return this.#watch(result);
      case 'leaseGrant':
      case 'leaseKeepAlive':
        return [...this.#idTtl(result.response)];
      case 'leaseTimeToLive':
        return [
          ...this.#idTtl(result.response),
          field('GrantedTTL', result.response.grantedTtl),
          ...result.response.keys.map((key) => field('Key', quoted(key))),
        ];
      case 'leases':
        return [
          ...this.#header(result.response.header),
          ...result.response.leases.map(({ id }) => this.#lease('ID', id)),
        ];
      case 'memberList':
        return this.#members(result);
      case 'endpointHealth':
        return result.list.flatMap(healthLines);
      case 'endpointStatus':
        return result.list.flatMap((one) => this.#status(one));
      case 'endpointHash':
        return result.list.flatMap((one) => this.#hash(one));
      case 'alarms':
        return this.#alarms(result);
      case 'roleGet':
        return this.#role(result);
      case 'roleList': {
        const roles = result.response.roles.map((role) => ` ${quoted(role)}`).join('');
        return [...this.#header(result.response.header), `"Roles" :${roles}\n`];
      }
      case 'leaseRevoke':
      case 'roleAdd':
      case 'roleDelete':
      case 'roleGrant':
      case 'roleRevoke':
      case 'userAdd':
      case 'userPassword':
      case 'userGrant':
      case 'userRevoke':
      case 'userDelete':
        return this.#header(result.response.header);
      case 'memberAdd':
      case 'memberRemove':
      case 'memberUpdate':
      case 'memberPromote':
      case 'moveLeader':
      case 'downgrade':
      case 'userGet':
      case 'userList':
      case 'authStatus':
        throw new Unsupported('fields');
    }
  }

  #header(header: ResponseHeader | undefined): readonly string[] {
    const revision = header?.revision ?? 0;
    return [
      this.#id('ClusterID', header?.clusterId ?? 0n),
      this.#id('MemberID', header?.memberId ?? 0n),
      // Answers that are not about keys have no revision.
      ...(revision > 0 ? [field('Revision', revision)] : []),
      field('RaftTerm', header?.raftTerm ?? 0),
    ];
  }

  #id(name: string, id: bigint): string {
    return field(name, this.#isHex ? hexId(id) : id);
  }

  #lease(name: string, id: bigint): string {
    return field(name, this.#isHex ? hexLease(id) : id);
  }

  #kv(prefix: string, kv: KeyValue | undefined): readonly string[] {
    return [
      field(`${prefix}Key`, quoted(kv?.key ?? '')),
      field(`${prefix}CreateRevision`, kv?.createRevision ?? 0),
      field(`${prefix}ModRevision`, kv?.modRevision ?? 0),
      field(`${prefix}Version`, kv?.version ?? 0),
      field(`${prefix}Value`, quoted(kv?.value ?? '')),
      this.#lease(`${prefix}Lease`, kv?.lease ?? 0n),
    ];
  }

  #range(response: Of<'get'>['response']): readonly string[] {
    return [
      ...this.#header(response.header),
      ...response.kvs.flatMap((kv) => this.#kv('', kv)),
      field('More', response.more),
      field('Count', response.count),
    ];
  }

  #put(response: Of<'put'>['response']): readonly string[] {
    const { header, prevKv } = response;
    return [...this.#header(header), ...(prevKv === undefined ? [] : this.#kv('Prev', prevKv))];
  }

  #delete(response: Of<'delete'>['response']): readonly string[] {
    return [
      ...this.#header(response.header),
      field('Deleted', response.deleted),
      ...response.prevKvs.flatMap((kv) => this.#kv('Prev', kv)),
    ];
  }

  #txn({ response }: Of<'txn'>): readonly string[] {
    return [
      ...this.#header(response.header),
      field('Succeeded', response.succeeded),
      ...response.responses.flatMap((op) => this.#op(op)),
    ];
  }

  #op(op: ResponseOp): readonly string[] {
    if (op.responseDeleteRange !== undefined) return this.#delete(op.responseDeleteRange);
    if (op.responsePut !== undefined) return this.#put(op.responsePut);
    if (op.responseRange !== undefined) return this.#range(op.responseRange);
    return [field('Unknown', quoted('<nil>'))];
  }

  #watch({ response }: Of<'watch'>): readonly string[] {
    return [
      ...this.#header(response.header),
      ...response.events.flatMap((event) => [
        field('Type', eventTypeName(event.type)),
        ...(event.prevKv === undefined ? [] : this.#kv('Prev', event.prevKv)),
        ...this.#kv('', event.kv),
      ]),
    ];
  }

  #idTtl(
    response: Of<'leaseGrant' | 'leaseKeepAlive' | 'leaseTimeToLive'>['response'],
  ): readonly string[] {
    return [
      ...this.#header(response.header),
      this.#lease('ID', response.id),
      field('TTL', response.ttl),
    ];
  }

  #members({ response }: Of<'memberList'>): readonly string[] {
    return [
      ...this.#header(response.header),
      ...response.members.flatMap((member) => [
        this.#id('ID', member.id),
        field('Name', quoted(member.name)),
        ...member.peerUrls.map((url) => field('PeerURL', quoted(url))),
        ...member.clientUrls.map((url) => field('ClientURL', quoted(url))),
        field('IsLearner', member.isLearner),
        '\n',
      ]),
    ];
  }

  #status({ endpoint, response }: EndpointStatus): readonly string[] {
    return [
      ...this.#header(response.header),
      field('Version', quoted(response.version)),
      field('StorageVersion', quoted(response.storageVersion)),
      field('DBSize', response.dbSize),
      field('DBSizeInUse', response.dbSizeInUse),
      field('DBSizeQuota', response.dbSizeQuota),
      field('Leader', response.leader),
      field('IsLearner', response.isLearner),
      field('RaftIndex', response.raftIndex),
      field('RaftAppliedIndex', response.raftAppliedIndex),
      field('Errors', listText(response.errors)),
      field('Endpoint', quoted(endpoint)),
      field('DowngradeTargetVersion', quoted(response.downgradeInfo?.targetVersion ?? '')),
      field('DowngradeEnabled', response.downgradeInfo?.enabled ?? false),
      '\n',
    ];
  }

  #hash({ endpoint, response }: EndpointHash): readonly string[] {
    return [
      ...this.#header(response.header),
      field('Endpoint', quoted(endpoint)),
      field('Hash', response.hash),
      field('HashRevision', response.hashRevision),
      '\n',
    ];
  }

  #alarms({ response }: Of<'alarms'>): readonly string[] {
    return [
      ...this.#header(response.header),
      ...response.alarms.flatMap(({ memberId, alarm }) => [
        this.#id('MemberID', memberId),
        field('AlarmType', alarmName(alarm)),
        '\n',
      ]),
    ];
  }

  #role({ response }: Of<'roleGet'>): readonly string[] {
    return [
      ...this.#header(response.header),
      ...response.perm.flatMap(({ permType, key, rangeEnd }) => [
        // etcd: this one name has a second space after its colon.
        `"PermType" :  ${permissionName(permType)}\n`,
        field('Key', quoted(key)),
        field('RangeEnd', quoted(rangeEnd)),
      ]),
    ];
  }
}

function field(name: string, value: string | number | bigint | boolean): string {
  return `"${name}" : ${value}\n`;
}

function healthLines({ endpoint, health, took, error }: EndpointHealth): readonly string[] {
  return [
    field('Endpoint', quoted(endpoint)),
    field('Health', health),
    field('Took', took),
    field('Error', error),
    '\n',
  ];
}
