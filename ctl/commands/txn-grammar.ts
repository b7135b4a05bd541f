// Owns the lines that `etcdctl txn` reads: comparisons like `mod("key") > "0"`, and requests like `put key value`. Words may
// be in quotes. etcd: txn_command.go, util.go.

import {
  type CompareSign,
  compareCreate,
  compareLease,
  compareMod,
  compareValue,
  compareVersion,
  deleteOp,
  getOp,
  putOp,
} from '../../client/op.ts';
import { utf8Bytes } from '../../server/base/bytes.ts';
import type { Compare, RequestOp } from '../../server/proto/gen/rpc.ts';
import { type Command, nameOf } from '../line/command.ts';
import { Exit, ExitError } from '../line/exit-error.ts';
import { FlagError, FlagSet } from '../line/flag-set.ts';
import { NumberError, parseInt64 } from '../line/go-number.ts';
import { unquote, words } from '../line/words.ts';
import { quoted } from '../print/go-text.ts';
import { delCommand, deleteRequest } from './del.ts';
import { getCommand, getRequest } from './get.ts';
import { putCommand, putRequest } from './put.ts';

/** Throws ExitError for a line that is no comparison. */
export function parseCompare(line: string): Compare {
  const open = line.indexOf('(');
  if (open < 0) throw invalid(`malformed comparison: ${line}`);
  const target = line.slice(0, open);
  const { key, sign, value } = compareParts(line, target, line.slice(open + 1));
  switch (target) {
    case 'ver':
    case 'version':
      return compareVersion(key, sign, integerOf(line, value, 10));
    case 'c':
    case 'create':
      return compareCreate(key, sign, integerOf(line, value, 10));
    case 'm':
    case 'mod':
      return compareMod(key, sign, integerOf(line, value, 10));
    case 'val':
    case 'value':
      return compareValue(key, sign, utf8Bytes(value));
    case 'lease':
      return compareLease(key, sign, leaseOf(line, value));
    default:
      throw invalid(`malformed comparison: ${line} (unknown target ${target})`);
  }
}

/** Throws ExitError for a line that is no request. */
export async function parseRequest(line: string): Promise<RequestOp> {
  const [name = '', ...rest] = words(line);
  if (rest.length === 0) throw invalid(`invalid txn compare request: ${line}`);
  const command = [putCommand, getCommand, delCommand].find((one) => nameOf(one) === name);
  if (command === undefined) throw invalid(`invalid txn request: ${line}`);
  const flags = new FlagSet(command.flags ?? []);
  const args = parseFlags(flags, rest, line);
  return await requestOf(command, { flags, args });
}

async function requestOf(
  command: Command,
  parsed: { readonly flags: FlagSet; readonly args: readonly string[] },
): Promise<RequestOp> {
  if (command === putCommand) {
    const { key, value, options } = await putRequest(parsed);
    return putOp(key, value, options);
  }
  if (command === delCommand) {
    const { key, options } = await deleteRequest(parsed);
    return deleteOp(key, options);
  }
  const { key, options } = getRequest(parsed);
  return getOp(key, options);
}

function parseFlags(flags: FlagSet, args: readonly string[], line: string): readonly string[] {
  try {
    return flags.parse(args);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw invalid(`invalid txn request: ${line}`);
  }
}

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"|`[^`]*`';
const COMPARE_REST = new RegExp(String.raw`^\s*(${QUOTED})\)\s*(\S+)\s+(${QUOTED})`);

interface CompareParts {
  readonly key: Uint8Array;
  readonly sign: CompareSign;
  readonly value: string;
}

function compareParts(line: string, target: string, rest: string): CompareParts {
  const match = COMPARE_REST.exec(rest);
  const [, key, sign = '', value] = match ?? [];
  if (key === undefined || value === undefined) {
    throw invalid(`malformed comparison: ${line}; got ${target}(${quoted('')})  ${quoted('')}`);
  }
  if (!isSign(sign)) throw invalid(`malformed comparison: ${line} (unknown operator ${sign})`);
  return { key: utf8Bytes(unquote(key)), sign, value: unquote(value) };
}

function isSign(text: string): text is CompareSign {
  return text === '=' || text === '!=' || text === '>' || text === '<';
}

function integerOf(line: string, text: string, base: 10 | 16): number {
  return Number(parsed(line, text, base));
}

function leaseOf(line: string, text: string): bigint {
  return parsed(line, text, 16);
}

function parsed(line: string, text: string, base: 10 | 16): bigint {
  try {
    return parseInt64(text, base);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw invalid(`invalid txn compare request: ${line}`);
  }
}

function invalid(message: string): ExitError {
  return new ExitError(Exit.invalidInput, message);
}
