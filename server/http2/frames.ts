// Owns the frame header and the fixed layouts of control frames (RFC 9113 sections 4.1 and 6):
// constants and writers that put a frame at an offset of a buffer with room for it. Both roles use
// it.

export const FRAME_HEADER_BYTES = 9;

/**
 * The largest payload a peer may send before it is allowed more; also the smallest legal setting.
 */
export const DEFAULT_PAYLOAD_BYTES_MAX = 16_384;

export const DEFAULT_WINDOW_BYTES = 65_535;
export const WINDOW_BYTES_MAX = 0x7fff_ffff;
export const STREAM_ID_MAX = 0x7fff_ffff;

export const FrameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goAway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const Flag = {
  none: 0x0,
  /** SETTINGS and PING. */
  ack: 0x1,
  /** DATA and HEADERS. */
  endStream: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** What a client sends before its first frame. */
export const CLIENT_PREFACE: Uint8Array = Uint8Array.from(
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  (character) => character.charCodeAt(0),
);

/** Writes a frame header at `at` and returns the offset after it. */
export function writeFrameHeader(
  buffer: Uint8Array,
  at: number,
  payloadBytes: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  buffer[at] = payloadBytes >>> 16;
  buffer[at + 1] = payloadBytes >>> 8;
  buffer[at + 2] = payloadBytes;
  buffer[at + 3] = type;
  buffer[at + 4] = flags;
  buffer[at + 5] = streamId >>> 24;
  buffer[at + 6] = streamId >>> 16;
  buffer[at + 7] = streamId >>> 8;
  buffer[at + 8] = streamId;
  return at + FRAME_HEADER_BYTES;
}

/** Writes 32 bits, most significant first, and returns the offset after them. */
export function writeUint32(buffer: Uint8Array, at: number, value: number): number {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
  return at + 4;
}

/** Reads 32 bits, most significant first, unsigned. The caller has checked the range. */
export function readUint32(buffer: Uint8Array, at: number): number {
  return (
    (((buffer[at] as number) << 24) |
      ((buffer[at + 1] as number) << 16) |
      ((buffer[at + 2] as number) << 8) |
      (buffer[at + 3] as number)) >>>
    0
  );
}

/**
 * Copies `source[0, sourceBytes)` to `target` at `at`; returns the offset after it. A loop beats
 * `set` when short.
 */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  sourceBytes: number,
): number {
  if (sourceBytes > 48) {
    target.set(sourceBytes === source.length ? source : source.subarray(0, sourceBytes), at);
  } else {
    for (let i = 0; i < sourceBytes; i++) target[at + i] = source[i] as number;
  }
  return at + sourceBytes;
}

/**
 * A copy of `bytes[start, end)`. `slice` is no substitute: a socket's Buffer answers it with a
 * view.
 */
export function copyRange(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}
