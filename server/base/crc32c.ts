// Owns CRC-32C (Castagnoli, reflected polynomial 0x82F63B78): the checksum of WAL records, snapshot files and
// HashKV. Slicing by eight: eight table look-ups per eight bytes instead of eight dependent steps.

const TABLES: readonly Int32Array[] = buildTables();

function buildTables(): Int32Array[] {
  const tables: Int32Array[] = [];
  for (let k = 0; k < 8; k++) tables.push(new Int32Array(256));
  const first = tables[0] as Int32Array;
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    first[n] = c;
  }
  for (let k = 1; k < 8; k++) {
    const previous = tables[k - 1] as Int32Array;
    const table = tables[k] as Int32Array;
    for (let n = 0; n < 256; n++) {
      const c = previous[n] as number;
      table[n] = (first[c & 0xff] as number) ^ (c >>> 8);
    }
  }
  return tables;
}

const T0 = TABLES[0] as Int32Array;
const T1 = TABLES[1] as Int32Array;
const T2 = TABLES[2] as Int32Array;
const T3 = TABLES[3] as Int32Array;
const T4 = TABLES[4] as Int32Array;
const T5 = TABLES[5] as Int32Array;
const T6 = TABLES[6] as Int32Array;
const T7 = TABLES[7] as Int32Array;

/**
 * The checksum after `bytes[start, end)`, continuing from `crc` (0 at the beginning); unsigned 32 bits.
 * crc32c(crc32c(0, a), b) equals crc32c(0, a followed by b).
 */
export function crc32c(
  crc: number,
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): number {
  let c = ~crc;
  let i = start;
  const wide = end - 7;
  while (i < wide) {
    c ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    c =
      (T7[c & 0xff] as number) ^
      (T6[(c >>> 8) & 0xff] as number) ^
      (T5[(c >>> 16) & 0xff] as number) ^
      (T4[c >>> 24] as number) ^
      (T3[bytes[i + 4] as number] as number) ^
      (T2[bytes[i + 5] as number] as number) ^
      (T1[bytes[i + 6] as number] as number) ^
      (T0[bytes[i + 7] as number] as number);
    i += 8;
  }
  while (i < end) {
    c = (T0[(c ^ (bytes[i] as number)) & 0xff] as number) ^ (c >>> 8);
    i++;
  }
  return ~c >>> 0;
}
