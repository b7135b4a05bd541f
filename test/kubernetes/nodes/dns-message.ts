// Owns the bytes of DNS (RFC 1035): one question in, its answer out. Pure.

export const TYPE_A = 1;
const HEADER_BYTES = 12;
/** Response, authoritative, recursion available. */
const FLAGS = 0x8480;
const RECURSION_DESIRED = 0x0100;
const NAME_ERROR = 3;
/** Pods get another address with each life; nobody shall remember the old one for long. */
const TTL_SECONDS = 2;
/** A pointer to the name in the question. */
const QUESTION_NAME = 0xc00c;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly endsAt: number;
}

/** Undefined when the bytes are no question. */
export function readQuestion(bytes: Buffer): Question | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(bytes.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > bytes.length) return undefined;
  return { name: labels.join('.').toLowerCase(), type: bytes.readUInt16BE(at), endsAt: at + 4 };
}

/** `addresses` undefined: there is no such name. */
export function writeAnswer(
  question: Buffer,
  { type, endsAt }: Question,
  addresses: readonly string[] | undefined,
): Buffer {
  const records = type === TYPE_A ? (addresses ?? []) : [];
  const header = Buffer.alloc(HEADER_BYTES);
  question.copy(header, 0, 0, 2);
  const recursion = question.readUInt16BE(2) & RECURSION_DESIRED;
  header.writeUInt16BE(FLAGS | recursion | (addresses === undefined ? NAME_ERROR : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([
    header,
    question.subarray(HEADER_BYTES, endsAt),
    ...records.map(writeRecord),
  ]);
}

function writeRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(QUESTION_NAME, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  for (const [index, part] of address.split('.').entries()) record[12 + index] = Number(part);
  return record;
}
