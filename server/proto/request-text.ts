// Owns key-value requests as texts for log lines: fields as protobuf's text format has them, zeros left out, and of values
// only their size. Made for requests that were slow, never on the way of others.
// etcd: api/etcdserverpb/raft_internal_stringer.go; protobuf-go varies its blanks from build to build, here one parts fields.

import { maybeUtf8Text } from '../base/bytes.ts';
import {
  type Compare,
  CompareTarget,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from './gen/rpc.ts';
import { REQUEST_TEXT_CHARS_MAX } from './limits.ts';

export function rangeText(request: RangeRequest): string {
  return clip(rangeFields(request));
}

export function putText(request: PutRequest): string {
  return clip(putFields(request));
}

export function deleteRangeText(request: DeleteRangeRequest): string {
  return clip(deleteRangeFields(request));
}

export function txnText(request: TxnRequest): string {
  return clip(txnFields(request));
}

const SORT_ORDERS: readonly string[] = ['', 'ASCEND', 'DESCEND'];
const SORT_TARGETS: readonly string[] = ['', 'VERSION', 'CREATE', 'MOD', 'VALUE'];
const COMPARE_RESULTS: readonly string[] = ['', 'GREATER', 'LESS', 'NOT_EQUAL'];
const COMPARE_TARGETS: readonly string[] = ['', 'CREATE', 'MOD', 'VALUE', 'LEASE'];

function rangeFields(request: RangeRequest): string {
  return joinFields([
    bytesField('key', request.key),
    bytesField('range_end', request.rangeEnd),
    numberField('limit', request.limit),
    numberField('revision', request.revision),
    enumField('sort_order', SORT_ORDERS, request.sortOrder),
    enumField('sort_target', SORT_TARGETS, request.sortTarget),
    flagField('serializable', request.serializable),
    flagField('keys_only', request.keysOnly),
    flagField('count_only', request.countOnly),
    numberField('min_mod_revision', request.minModRevision),
    numberField('max_mod_revision', request.maxModRevision),
    numberField('min_create_revision', request.minCreateRevision),
    numberField('max_create_revision', request.maxCreateRevision),
  ]);
}

function putFields(request: PutRequest): string {
  return joinFields([
    bytesField('key', request.key),
    numberField('value_size', request.value.length),
    numberField('lease', request.lease),
    flagField('prev_kv', request.prevKv),
    flagField('ignore_value', request.ignoreValue),
    flagField('ignore_lease', request.ignoreLease),
  ]);
}

function deleteRangeFields(request: DeleteRangeRequest): string {
  return joinFields([
    bytesField('key', request.key),
    bytesField('range_end', request.rangeEnd),
    flagField('prev_kv', request.prevKv),
  ]);
}

function txnFields(request: TxnRequest): string {
  const compare = joinSome(request.compare, compareFields);
  const success = joinSome(request.success, opFields);
  const failure = joinSome(request.failure, opFields);
  return `compare:<${compare}> success:<${success}> failure:<${failure}>`;
}

function compareFields(compare: Compare): string {
  return joinFields([
    enumField('result', COMPARE_RESULTS, compare.result),
    enumField('target', COMPARE_TARGETS, compare.target),
    bytesField('key', compare.key),
    comparedField(compare),
    bytesField('range_end', compare.rangeEnd),
  ]);
}

/** The member of the oneof that the target names; given, it is printed also when it is zero. */
function comparedField(compare: Compare): string {
  switch (compare.target) {
    case CompareTarget.version:
      return `version:${compare.version}`;
    case CompareTarget.create:
      return `create_revision:${compare.createRevision}`;
    case CompareTarget.mod:
      return `mod_revision:${compare.modRevision}`;
    case CompareTarget.value:
      return numberField('value_size', compare.value.length);
    case CompareTarget.lease:
      return `lease:${compare.lease}`;
    default:
      return '';
  }
}

function opFields(op: RequestOp): string {
  if (op.requestRange !== undefined) return `request_range:{${rangeFields(op.requestRange)}}`;
  if (op.requestPut !== undefined) return `request_put:<${putFields(op.requestPut)}>`;
  if (op.requestDeleteRange !== undefined) {
    return `request_delete_range:{${deleteRangeFields(op.requestDeleteRange)}}`;
  }
  return op.requestTxn === undefined ? '' : `request_txn:<${txnFields(op.requestTxn)}>`;
}

/** As many of them as a line may show. */
function joinSome<T>(items: readonly T[], textOf: (item: T) => string): string {
  let text = '';
  for (const item of items) {
    if (text.length > REQUEST_TEXT_CHARS_MAX) break;
    text += text === '' ? textOf(item) : ` ${textOf(item)}`;
  }
  return text;
}

function joinFields(fields: readonly string[]): string {
  return fields.filter((field) => field !== '').join(' ');
}

function numberField(name: string, value: number | bigint): string {
  return Number(value) === 0 ? '' : `${name}:${value}`;
}

function flagField(name: string, value: boolean): string {
  return value ? `${name}:true` : '';
}

/** The name of the constant, or its number when it has none. */
function enumField(name: string, names: readonly string[], value: number): string {
  return value === 0 ? '' : `${name}:${names[value] ?? value}`;
}

function bytesField(name: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const shown = bytes.subarray(0, REQUEST_TEXT_CHARS_MAX);
  return `${name}:"${maybeUtf8Text(shown)?.replaceAll(SPECIAL, escaped) ?? byteTexts(shown)}"`;
}

const SPECIAL = /["\\]|\p{Cc}/gu;

/** Of bytes that are no UTF-8, those beyond ASCII are shown as numbers. */
function byteTexts(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += byte < 0x80 ? String.fromCharCode(byte).replace(SPECIAL, escaped) : hexEscape(byte);
  }
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

function escaped(character: string): string {
  return ESCAPES[character] ?? hexEscape(character.charCodeAt(0));
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function clip(text: string): string {
  return text.length <= REQUEST_TEXT_CHARS_MAX
    ? text
    : `${text.slice(0, REQUEST_TEXT_CHARS_MAX)}...`;
}
