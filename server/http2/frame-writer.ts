// Owns writing whole frames into the output of a connection: control frames, header blocks split
// where they must be, small DATA. It knows layouts, not streams.

import {
  copyBytes,
  Flag,
  FRAME_HEADER_BYTES,
  FrameType,
  writeFrameHeader,
  writeUint32,
} from './frames.ts';
import { OutputBuffer } from './output-buffer.ts';
import { SETTING_BYTES, writeSetting } from './settings.ts';

/** Longest text sent with GOAWAY. */
const DEBUG_TEXT_CHARACTERS_MAX = 256;

export class FrameWriter {
  readonly output: OutputBuffer = new OutputBuffer();

  settings(settings: readonly (readonly [id: number, value: number])[]): void {
    const payloadBytes = settings.length * SETTING_BYTES;
    this.#begin(payloadBytes, FrameType.settings, Flag.none, 0);
    const output = this.output;
    for (const [id, value] of settings) output.at = writeSetting(output.slab, output.at, id, value);
  }

  settingsAck(): void {
    this.#begin(0, FrameType.settings, Flag.ack, 0);
  }

  /** A PING with the eight bytes of `source` at `start`. */
  ping(flags: number, source: Uint8Array, start: number): void {
    this.#begin(8, FrameType.ping, flags, 0);
    const output = this.output;
    for (let i = 0; i < 8; i++) output.slab[output.at++] = source[start + i] as number;
  }

  rstStream(streamId: number, errorCode: number): void {
    this.#begin(4, FrameType.rstStream, Flag.none, streamId);
    this.#uint32(errorCode);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#begin(4, FrameType.windowUpdate, Flag.none, streamId);
    this.#uint32(increment);
  }

  goAway(lastStreamId: number, errorCode: number, debugText: string): void {
    const length = Math.min(debugText.length, DEBUG_TEXT_CHARACTERS_MAX);
    this.#begin(8 + length, FrameType.goAway, Flag.none, 0);
    this.#uint32(lastStreamId);
    this.#uint32(errorCode);
    const output = this.output;
    for (let i = 0; i < length; i++) output.slab[output.at++] = debugText.charCodeAt(i);
  }

  /** One header block, in as many frames as its size asks for. */
  headers(streamId: number, block: Uint8Array, endStream: boolean, payloadBytesMax: number): void {
    const flags = endStream ? Flag.endStream : Flag.none;
    const size = block.length;
    const output = this.output;
    if (size <= payloadBytesMax) {
      this.#begin(size, FrameType.headers, flags | Flag.endHeaders, streamId);
      output.at = copyBytes(output.slab, output.at, block, size);
      return;
    }
    for (let from = 0; from < size; from += payloadBytesMax) {
      const to = Math.min(from + payloadBytesMax, size);
      const type = from === 0 ? FrameType.headers : FrameType.continuation;
      const last = to === size ? Flag.endHeaders : Flag.none;
      this.#begin(to - from, type, from === 0 ? flags : last, streamId);
      output.at = copyBytes(output.slab, output.at, block.subarray(from, to), to - from);
    }
  }

  /** One DATA frame of a prefix and bytes, both copied. */
  data(streamId: number, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): void {
    const flags = endStream ? Flag.endStream : Flag.none;
    this.#begin(prefix.length + bytes.length, FrameType.data, flags, streamId);
    const output = this.output;
    const at = copyBytes(output.slab, output.at, prefix, prefix.length);
    output.at = copyBytes(output.slab, at, bytes, bytes.length);
  }

  /** The header of a DATA frame whose payload the caller adds. */
  dataHeader(streamId: number, payloadBytes: number, endStream: boolean): void {
    const output = this.output;
    output.reserve(FRAME_HEADER_BYTES);
    const flags = endStream ? Flag.endStream : Flag.none;
    output.at = writeFrameHeader(
      output.slab,
      output.at,
      payloadBytes,
      FrameType.data,
      flags,
      streamId,
    );
  }

  #begin(payloadBytes: number, type: number, flags: number, streamId: number): void {
    const output = this.output;
    output.reserve(FRAME_HEADER_BYTES + payloadBytes);
    output.at = writeFrameHeader(output.slab, output.at, payloadBytes, type, flags, streamId);
  }

  #uint32(value: number): void {
    this.output.at = writeUint32(this.output.slab, this.output.at, value);
  }
}
