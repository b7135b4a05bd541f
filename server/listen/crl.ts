// Owns reading a certificate revocation list (RFC 5280 section 5.1): only the serial numbers, because that is all
// etcd looks at (client/pkg/transport/listener_tls.go checkCRL): neither signature nor dates nor issuer.
// node:tls has a CRL option of its own, which refuses lists etcd takes.

import { ListenError } from './listen-error.ts';

const TAG_INTEGER = 0x02;
const TAG_UTC_TIME = 0x17;
const TAG_GENERALIZED_TIME = 0x18;
const TAG_SEQUENCE = 0x30;

interface Element {
  readonly tag: number;
  /** First byte of the content, and the one after its last. */
  readonly start: number;
  readonly end: number;
}

/** Serials in the list, PEM or DER, as upper-case hex without leading zeros. Throws ListenError. */
export function parseRevokedSerials(file: Uint8Array): ReadonlySet<string> {
  const der = derOf(file);
  const serials = new Set<string>();
  const list = elementAt(der, 0, der.length);
  const body = elementAt(der, list.start, list.end);
  const revoked = findRevoked(der, body);
  if (revoked === undefined) return serials;
  let at = revoked.start;
  while (at < revoked.end) {
    const entry = elementAt(der, at, revoked.end);
    const serial = elementAt(der, entry.start, entry.end);
    if (serial.tag !== TAG_INTEGER) throw malformed();
    serials.add(
      normalizeSerial(Buffer.from(der.subarray(serial.start, serial.end)).toString('hex')),
    );
    at = entry.end;
  }
  return serials;
}

/** One spelling for serials from a list and from node:crypto. */
export function normalizeSerial(hex: string): string {
  const bare = hex.toUpperCase().replace(/^0+/, '');
  return bare === '' ? '0' : bare;
}

// version? signature issuer thisUpdate nextUpdate? revokedCertificates? extensions?
function findRevoked(der: Uint8Array, body: Element): Element | undefined {
  let at = body.start;
  let sequences = 0;
  while (at < body.end) {
    const element = elementAt(der, at, body.end);
    at = element.end;
    if (element.tag === TAG_SEQUENCE) {
      sequences++;
      if (sequences === 3) return element;
    } else if (sequences === 2 && !isTime(element.tag)) {
      return undefined;
    }
  }
  return undefined;
}

function isTime(tag: number): boolean {
  return tag === TAG_UTC_TIME || tag === TAG_GENERALIZED_TIME;
}

function elementAt(der: Uint8Array, at: number, end: number): Element {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined || at + 2 > end) throw malformed();
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw malformed();
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (der[start + i] ?? 0);
    start += octets;
  }
  if (start + length > end) throw malformed();
  return { tag, start, end: start + length };
}

function derOf(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1');
  const pem = /-----BEGIN X509 CRL-----([\s\S]*?)-----END X509 CRL-----/.exec(text);
  return pem === null ? file : Buffer.from(pem[1] ?? '', 'base64');
}

function malformed(): ListenError {
  return new ListenError('malformed certificate revocation list');
}
