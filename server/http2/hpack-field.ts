// Owns one header field as HPACK keeps it: name and value with what validation needs to know about
// them, worked out once when the field is first decoded and not again when a table entry is
// referred to. RFC 9113 section 8.2.

import type { HeaderField } from './types.ts';

/** What a field is to a request. */
export const FieldKind = {
  regular: 0,
  method: 1,
  scheme: 2,
  authority: 3,
  path: 4,
  /** :status and pseudo-header fields nobody defined: never legal in a request. */
  foreignPseudo: 5,
  /** Against the rules for names or values, or specific to a connection. */
  malformed: 6,
  host: 7,
  contentLength: 8,
  /** A name's kind only: the value decides. */
  te: 9,
} as const;

/** Overhead of a field in the size of a table and of a header list (RFC 7541 section 4.1). */
export const FIELD_OVERHEAD_BYTES = 32;

export class FieldEntry {
  readonly field: HeaderField;
  readonly kind: number;
  /** The kind as far as the name decides it, for other fields of the same name. */
  readonly nameKind: number;
  readonly sizeBytes: number;

  constructor(name: string, value: string, nameKind: number = kindOfName(name)) {
    this.field = [name, value];
    this.nameKind = nameKind;
    this.kind = kindOf(nameKind, value);
    this.sizeBytes = name.length + value.length + FIELD_OVERHEAD_BYTES;
  }
}

function kindOf(nameKind: number, value: string): number {
  if (!isLegalValue(value)) return FieldKind.malformed;
  if (nameKind !== FieldKind.te) return nameKind;
  return value === 'trailers' ? FieldKind.regular : FieldKind.malformed;
}

function kindOfName(name: string): number {
  if (name.charCodeAt(0) === 0x3a) return pseudoKindOf(name);
  if (!isLegalName(name)) return FieldKind.malformed;
  switch (name) {
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
    case 'transfer-encoding':
    case 'upgrade':
      return FieldKind.malformed;
    case 'te':
      return FieldKind.te;
    case 'host':
      return FieldKind.host;
    case 'content-length':
      return FieldKind.contentLength;
    default:
      return FieldKind.regular;
  }
}

function pseudoKindOf(name: string): number {
  switch (name) {
    case ':method':
      return FieldKind.method;
    case ':scheme':
      return FieldKind.scheme;
    case ':authority':
      return FieldKind.authority;
    case ':path':
      return FieldKind.path;
    default:
      return FieldKind.foreignPseudo;
  }
}

/** No control, space, upper case, colon or octet above 0x7e. */
function isLegalName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const octet = name.charCodeAt(i);
    if (octet <= 0x20 || octet >= 0x7f || octet === 0x3a || (octet >= 0x41 && octet <= 0x5a)) {
      return false;
    }
  }
  return name.length > 0;
}

/** No NUL, LF or CR; no space or tab at either end. */
function isLegalValue(value: string): boolean {
  if (value.length === 0) return true;
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))) return false;
  for (let i = 0; i < value.length; i++) {
    const octet = value.charCodeAt(i);
    if (octet === 0 || octet === 0x0a || octet === 0x0d) return false;
  }
  return true;
}

function isBlank(octet: number): boolean {
  return octet === 0x20 || octet === 0x09;
}
