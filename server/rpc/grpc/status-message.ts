// Owns the grpc-message header: text as percent-encoded UTF-8, printable ASCII left as it is.

import { utf8Bytes } from '../../base/bytes.ts';

const SPACE = 0x20;
const TILDE = 0x7e;
const PERCENT = 0x25;

/** The header value for a status message. Most messages come back unchanged. */
export function encodeGrpcMessage(message: string): string {
  for (let i = 0; i < message.length; i++) {
    if (!isPlain(message.charCodeAt(i))) return encodeSlowly(message);
  }
  return message;
}

function isPlain(code: number): boolean {
  return code >= SPACE && code <= TILDE && code !== PERCENT;
}

function encodeSlowly(message: string): string {
  let text = '';
  for (const byte of utf8Bytes(message)) {
    text += isPlain(byte)
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}
