// Owns making a certificate that signs itself, for --auto-tls and --peer-auto-tls: a P-521 key and just enough of X.509 to
// carry it (RFC 5280). etcd: client/pkg/transport/listener.go SelfCert.

import {
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';

export interface SelfSigned {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface SelfSignedOptions {
  /** Names and addresses the certificate is for. */
  readonly hosts: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** ASN.1 tags. */
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
/** Context tags: [0] and [3] of a certificate, [2] and [7] of a name in it. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** Object identifiers, encoded. */
const ECDSA_WITH_SHA512 = Buffer.from('2a8648ce3d040304', 'hex');
const ORGANIZATION = Buffer.from('55040a', 'hex');
const KEY_USAGE = Buffer.from('551d0f', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');
const EXTENDED_KEY_USAGE = Buffer.from('551d25', 'hex');
const SERVER_AUTH = Buffer.from('2b06010505070301', 'hex');
const CLIENT_AUTH = Buffer.from('2b06010505070302', 'hex');

/** digitalSignature and keyEncipherment; five bits of the byte are unused. */
const KEY_USAGE_BITS = Buffer.of(5, 0b1010_0000);
const X509_V3 = 2;
const SERIAL_BYTES = 16;
/** From here on a year does not fit the two digits of UTCTime. */
const GENERALIZED_FROM_YEAR = 2050;

export function createSelfSigned(options: SelfSignedOptions): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const body = toBeSigned(options, publicKey);
  const signature = sign('sha512', body, privateKey);
  const der = tlv(SEQUENCE, body, algorithm(), tlv(BIT_STRING, Buffer.of(0), signature));
  return {
    certPem: new X509Certificate(der).toString(),
    keyPem: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

function toBeSigned({ hosts, notBefore, notAfter }: SelfSignedOptions, key: KeyObject): Buffer {
  const name = tlv(
    SEQUENCE,
    tlv(SET, tlv(SEQUENCE, tlv(OBJECT_ID, ORGANIZATION), tlv(UTF8_STRING, Buffer.from('etcd')))),
  );
  return tlv(
    SEQUENCE,
    tlv(VERSION, tlv(INTEGER, Buffer.of(X509_V3))),
    tlv(INTEGER, serialNumber()),
    algorithm(),
    name,
    tlv(SEQUENCE, time(notBefore), time(notAfter)),
    name,
    key.export({ type: 'spki', format: 'der' }),
    tlv(EXTENSIONS, tlv(SEQUENCE, ...extensions(hosts))),
  );
}

function extensions(hosts: readonly string[]): Buffer[] {
  const usages = [SERVER_AUTH, CLIENT_AUTH].map((usage) => tlv(OBJECT_ID, usage));
  return [
    extension(KEY_USAGE, true, tlv(BIT_STRING, KEY_USAGE_BITS)),
    extension(EXTENDED_KEY_USAGE, false, tlv(SEQUENCE, ...usages)),
    extension(BASIC_CONSTRAINTS, true, tlv(SEQUENCE)),
    extension(SUBJECT_ALT_NAME, false, tlv(SEQUENCE, ...hosts.map(alternativeName))),
  ];
}

function extension(id: Buffer, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [tlv(BOOLEAN, Buffer.of(0xff))] : [];
  return tlv(SEQUENCE, tlv(OBJECT_ID, id), ...flag, tlv(OCTET_STRING, value));
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 0) return tlv(DNS_NAME, Buffer.from(host, 'latin1'));
  return tlv(IP_ADDRESS, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes IPv6 addresses in one form: hex groups, one run of zeros left out.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function algorithm(): Buffer {
  return tlv(SEQUENCE, tlv(OBJECT_ID, ECDSA_WITH_SHA512));
}

/** Positive, and without a leading zero byte. */
function serialNumber(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function time(moment: Date): Buffer {
  const digits = moment.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return moment.getUTCFullYear() < GENERALIZED_FROM_YEAR
    ? tlv(UTC_TIME, Buffer.from(digits.slice(2)))
    : tlv(GENERALIZED_TIME, Buffer.from(digits));
}

/** Tag, length, value. */
function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), value]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), value]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), value]);
}
