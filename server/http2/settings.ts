// Owns SETTINGS payloads (RFC 9113 section 6.5): what the peer chose, checked, and how ours are
// written.

import {
  DEFAULT_PAYLOAD_BYTES_MAX,
  DEFAULT_WINDOW_BYTES,
  readUint32,
  WINDOW_BYTES_MAX,
  writeUint32,
} from './frames.ts';
import { HEADER_TABLE_BYTES } from './limits.ts';
import { ErrorCode } from './types.ts';

export const SettingId = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
} as const;

export const SETTING_BYTES = 6;
const PAYLOAD_BYTES_LEGAL_MAX = 0xff_ffff;

export class PeerSettings {
  headerTableBytes: number = HEADER_TABLE_BYTES;
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES;
  payloadBytesMax: number = DEFAULT_PAYLOAD_BYTES_MAX;
  /** What the peer accepts as a server; of use to the client role only. */
  concurrentStreamsMax = 0xffff_ffff;
  headerListBytesMax = 0xffff_ffff;

  /**
   * Takes over one payload, in order. Answers the error code of the first illegal value, or
   * noError.
   */
  apply(bytes: Uint8Array, start: number, end: number): number {
    if ((end - start) % SETTING_BYTES !== 0) return ErrorCode.frameSizeError;
    for (let at = start; at < end; at += SETTING_BYTES) {
      const id = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const code = this.#applyOne(id, readUint32(bytes, at + 2));
      if (code !== ErrorCode.noError) return code;
    }
    return ErrorCode.noError;
  }

  #applyOne(id: number, value: number): number {
    switch (id) {
      case SettingId.headerTableSize:
        this.headerTableBytes = value;
        break;
      case SettingId.enablePush:
        if (value > 1) return ErrorCode.protocolError;
        break;
      case SettingId.maxConcurrentStreams:
        this.concurrentStreamsMax = value;
        break;
      case SettingId.initialWindowSize:
        if (value > WINDOW_BYTES_MAX) return ErrorCode.flowControlError;
        this.initialWindowBytes = value;
        break;
      case SettingId.maxFrameSize:
        if (value < DEFAULT_PAYLOAD_BYTES_MAX || value > PAYLOAD_BYTES_LEGAL_MAX) {
          return ErrorCode.protocolError;
        }
        this.payloadBytesMax = value;
        break;
      case SettingId.maxHeaderListSize:
        this.headerListBytesMax = value;
        break;
      default:
        // Settings nobody defined are to be ignored.
        break;
    }
    return ErrorCode.noError;
  }
}

/** Writes one setting of a payload and returns the offset after it. */
export function writeSetting(buffer: Uint8Array, at: number, id: number, value: number): number {
  buffer[at] = id >>> 8;
  buffer[at + 1] = id;
  return writeUint32(buffer, at + 2, value);
}
