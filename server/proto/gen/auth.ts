// Made by scripts/gen-proto.ts from server/proto/auth.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeInt32,
  sizeString,
  sizeUint32,
  writeBytes,
  writeInt32,
  writeString,
  writeUint32,
} from '../writer.ts';

export interface UserAddOptions {
  readonly noPassword: boolean;
}

export function createUserAddOptions(partial: Partial<UserAddOptions> = {}): UserAddOptions {
  return {
    noPassword: partial.noPassword ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readUserAddOptions(r: Reader, end: number): UserAddOptions {
  let noPassword = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        noPassword = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('UserAddOptions: field beyond the end');
  return { noPassword };
}

export function decodeUserAddOptions(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): UserAddOptions {
  return readUserAddOptions(new Reader(bytes, start, end), end);
}

export function sizeUserAddOptions(m: UserAddOptions): number {
  let size = 0;
  if (m.noPassword) size += 1 + 1;
  return size;
}

export function writeUserAddOptions(m: UserAddOptions, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.noPassword) {
    out[o++] = 8;
    out[o++] = m.noPassword ? 1 : 0;
  }
  return o;
}

export function encodeUserAddOptions(m: UserAddOptions): Uint8Array {
  const out = allocateBytes(sizeUserAddOptions(m));
  writeUserAddOptions(m, out, 0);
  return out;
}

export interface User {
  readonly name: Uint8Array;
  readonly password: Uint8Array;
  readonly roles: readonly string[];
  readonly options: UserAddOptions | undefined;
}

export function createUser(partial: Partial<User> = {}): User {
  return {
    name: partial.name ?? EMPTY_BYTES,
    password: partial.password ?? EMPTY_BYTES,
    roles: partial.roles ?? [],
    options: partial.options,
  };
}

/** Reads a message that ends at `end`. */
export function readUser(r: Reader, end: number): User {
  let name: Uint8Array = EMPTY_BYTES;
  let password: Uint8Array = EMPTY_BYTES;
  const roles: string[] = [];
  let options: UserAddOptions | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.view();
        break;
      }
      case 18: {
        password = r.view();
        break;
      }
      case 26: {
        roles.push(r.string());
        break;
      }
      case 34: {
        options = readUserAddOptions(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('User: field beyond the end');
  return { name, password, roles, options };
}

export function decodeUser(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): User {
  return readUser(new Reader(bytes, start, end), end);
}

export function sizeUser(m: User): number {
  let size = 0;
  if (m.name.length > 0) size += 1 + sizeBytes(m.name);
  if (m.password.length > 0) size += 1 + sizeBytes(m.password);
  for (const item of m.roles) size += 1 + sizeString(item);
  if (m.options !== undefined) {
    const inner = sizeUserAddOptions(m.options);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeUser(m: User, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.name, out, o);
  }
  if (m.password.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.password, out, o);
  }
  for (const item of m.roles) {
    out[o++] = 26;
    o = writeString(item, out, o);
  }
  if (m.options !== undefined) {
    out[o++] = 34;
    o = writeUint32(sizeUserAddOptions(m.options), out, o);
    o = writeUserAddOptions(m.options, out, o);
  }
  return o;
}

export function encodeUser(m: User): Uint8Array {
  const out = allocateBytes(sizeUser(m));
  writeUser(m, out, 0);
  return out;
}

export interface Permission {
  readonly permType: number;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

export function createPermission(partial: Partial<Permission> = {}): Permission {
  return {
    permType: partial.permType ?? 0,
    key: partial.key ?? EMPTY_BYTES,
    rangeEnd: partial.rangeEnd ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readPermission(r: Reader, end: number): Permission {
  let permType = 0;
  let key: Uint8Array = EMPTY_BYTES;
  let rangeEnd: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        permType = r.int32();
        break;
      }
      case 18: {
        key = r.view();
        break;
      }
      case 26: {
        rangeEnd = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Permission: field beyond the end');
  return { permType, key, rangeEnd };
}

export function decodePermission(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Permission {
  return readPermission(new Reader(bytes, start, end), end);
}

export function sizePermission(m: Permission): number {
  let size = 0;
  if (m.permType !== 0) size += 1 + sizeInt32(m.permType);
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length > 0) size += 1 + sizeBytes(m.rangeEnd);
  return size;
}

export function writePermission(m: Permission, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.permType !== 0) {
    out[o++] = 8;
    o = writeInt32(m.permType, out, o);
  }
  if (m.key.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.key, out, o);
  }
  if (m.rangeEnd.length > 0) {
    out[o++] = 26;
    o = writeBytes(m.rangeEnd, out, o);
  }
  return o;
}

export function encodePermission(m: Permission): Uint8Array {
  const out = allocateBytes(sizePermission(m));
  writePermission(m, out, 0);
  return out;
}

export const PermissionType = {
  read: 0,
  write: 1,
  readwrite: 2,
} as const;

export interface Role {
  readonly name: Uint8Array;
  readonly keyPermission: readonly Permission[];
}

export function createRole(partial: Partial<Role> = {}): Role {
  return {
    name: partial.name ?? EMPTY_BYTES,
    keyPermission: partial.keyPermission ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readRole(r: Reader, end: number): Role {
  let name: Uint8Array = EMPTY_BYTES;
  const keyPermission: Permission[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.view();
        break;
      }
      case 18: {
        keyPermission.push(readPermission(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Role: field beyond the end');
  return { name, keyPermission };
}

export function decodeRole(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Role {
  return readRole(new Reader(bytes, start, end), end);
}

export function sizeRole(m: Role): number {
  let size = 0;
  if (m.name.length > 0) size += 1 + sizeBytes(m.name);
  for (const item of m.keyPermission) {
    const inner = sizePermission(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeRole(m: Role, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.name, out, o);
  }
  for (const item of m.keyPermission) {
    out[o++] = 18;
    o = writeUint32(sizePermission(item), out, o);
    o = writePermission(item, out, o);
  }
  return o;
}

export function encodeRole(m: Role): Uint8Array {
  const out = allocateBytes(sizeRole(m));
  writeRole(m, out, 0);
  return out;
}
