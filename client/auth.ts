// Owns users, roles and the switch of authentication.
import { type Permission, PermissionType } from '../server/proto/gen/auth.ts';
import {
  type AuthDisableResponse,
  type AuthEnableResponse,
  type AuthRoleAddResponse,
  type AuthRoleDeleteResponse,
  type AuthRoleGetResponse,
  type AuthRoleGrantPermissionResponse,
  type AuthRoleListResponse,
  type AuthRoleRevokePermissionResponse,
  type AuthStatusResponse,
  type AuthUserAddResponse,
  type AuthUserChangePasswordResponse,
  type AuthUserDeleteResponse,
  type AuthUserGetResponse,
  type AuthUserGrantRoleResponse,
  type AuthUserListResponse,
  type AuthUserRevokeRoleResponse,
  decodeAuthDisableResponse,
  decodeAuthEnableResponse,
  decodeAuthRoleAddResponse,
  decodeAuthRoleDeleteResponse,
  decodeAuthRoleGetResponse,
  decodeAuthRoleGrantPermissionResponse,
  decodeAuthRoleListResponse,
  decodeAuthRoleRevokePermissionResponse,
  decodeAuthStatusResponse,
  decodeAuthUserAddResponse,
  decodeAuthUserChangePasswordResponse,
  decodeAuthUserDeleteResponse,
  decodeAuthUserGetResponse,
  decodeAuthUserGrantRoleResponse,
  decodeAuthUserListResponse,
  decodeAuthUserRevokeRoleResponse,
  encodeAuthDisableRequest,
  encodeAuthEnableRequest,
  encodeAuthRoleAddRequest,
  encodeAuthRoleDeleteRequest,
  encodeAuthRoleGetRequest,
  encodeAuthRoleGrantPermissionRequest,
  encodeAuthRoleListRequest,
  encodeAuthRoleRevokePermissionRequest,
  encodeAuthStatusRequest,
  encodeAuthUserAddRequest,
  encodeAuthUserChangePasswordRequest,
  encodeAuthUserDeleteRequest,
  encodeAuthUserGetRequest,
  encodeAuthUserGrantRoleRequest,
  encodeAuthUserListRequest,
  encodeAuthUserRevokeRoleRequest,
} from '../server/proto/gen/rpc.ts';
import type { Caller } from './caller.ts';
import { type KeyRangeOptions, keyRange } from './key-range.ts';
import { type BytesLike, type CallOptions, reading, writing } from './method.ts';

const SERVICE = '/etcdserverpb.Auth';
const ENABLE = writing(`${SERVICE}/AuthEnable`, encodeAuthEnableRequest, decodeAuthEnableResponse);
const DISABLE = writing(
  `${SERVICE}/AuthDisable`,
  encodeAuthDisableRequest,
  decodeAuthDisableResponse,
);
const STATUS = reading(`${SERVICE}/AuthStatus`, encodeAuthStatusRequest, decodeAuthStatusResponse);
const USER_ADD = writing(`${SERVICE}/UserAdd`, encodeAuthUserAddRequest, decodeAuthUserAddResponse);
const USER_GET = reading(`${SERVICE}/UserGet`, encodeAuthUserGetRequest, decodeAuthUserGetResponse);
const USER_LIST = reading(
  `${SERVICE}/UserList`,
  encodeAuthUserListRequest,
  decodeAuthUserListResponse,
);
const USER_DELETE = writing(
  `${SERVICE}/UserDelete`,
  encodeAuthUserDeleteRequest,
  decodeAuthUserDeleteResponse,
);
const USER_PASSWORD = writing(
  `${SERVICE}/UserChangePassword`,
  encodeAuthUserChangePasswordRequest,
  decodeAuthUserChangePasswordResponse,
);
const USER_GRANT = writing(
  `${SERVICE}/UserGrantRole`,
  encodeAuthUserGrantRoleRequest,
  decodeAuthUserGrantRoleResponse,
);
const USER_REVOKE = writing(
  `${SERVICE}/UserRevokeRole`,
  encodeAuthUserRevokeRoleRequest,
  decodeAuthUserRevokeRoleResponse,
);
const ROLE_ADD = writing(`${SERVICE}/RoleAdd`, encodeAuthRoleAddRequest, decodeAuthRoleAddResponse);
const ROLE_GET = reading(`${SERVICE}/RoleGet`, encodeAuthRoleGetRequest, decodeAuthRoleGetResponse);
const ROLE_LIST = reading(
  `${SERVICE}/RoleList`,
  encodeAuthRoleListRequest,
  decodeAuthRoleListResponse,
);
const ROLE_DELETE = writing(
  `${SERVICE}/RoleDelete`,
  encodeAuthRoleDeleteRequest,
  decodeAuthRoleDeleteResponse,
);
const ROLE_GRANT = writing(
  `${SERVICE}/RoleGrantPermission`,
  encodeAuthRoleGrantPermissionRequest,
  decodeAuthRoleGrantPermissionResponse,
);
const ROLE_REVOKE = writing(
  `${SERVICE}/RoleRevokePermission`,
  encodeAuthRoleRevokePermissionRequest,
  decodeAuthRoleRevokePermissionResponse,
);

/** What a role may do with a range of keys. */
export interface RolePermission extends KeyRangeOptions {
  readonly key: BytesLike;
  readonly type: keyof typeof PermissionType;
}

export class Auth {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Needs a user root with the role root. */
  enable(options: CallOptions = {}): Promise<AuthEnableResponse> {
    return this.#caller.unary(ENABLE, {}, options);
  }

  disable(options: CallOptions = {}): Promise<AuthDisableResponse> {
    return this.#caller.unary(DISABLE, {}, options);
  }

  status(options: CallOptions = {}): Promise<AuthStatusResponse> {
    return this.#caller.unary(STATUS, {}, options);
  }

  /** Without a password the user is known by a certificate. */
  userAdd(
    name: string,
    password: string | undefined,
    options: CallOptions = {},
  ): Promise<AuthUserAddResponse> {
    return this.#caller.unary(
      USER_ADD,
      {
        name,
        password: password ?? '',
        options: { noPassword: password === undefined },
        hashedPassword: '',
      },
      options,
    );
  }

  userGet(name: string, options: CallOptions = {}): Promise<AuthUserGetResponse> {
    return this.#caller.unary(USER_GET, { name }, options);
  }

  userList(options: CallOptions = {}): Promise<AuthUserListResponse> {
    return this.#caller.unary(USER_LIST, {}, options);
  }

  userDelete(name: string, options: CallOptions = {}): Promise<AuthUserDeleteResponse> {
    return this.#caller.unary(USER_DELETE, { name }, options);
  }

  userChangePassword(
    name: string,
    password: string,
    options: CallOptions = {},
  ): Promise<AuthUserChangePasswordResponse> {
    return this.#caller.unary(USER_PASSWORD, { name, password, hashedPassword: '' }, options);
  }

  userGrantRole(
    user: string,
    role: string,
    options: CallOptions = {},
  ): Promise<AuthUserGrantRoleResponse> {
    return this.#caller.unary(USER_GRANT, { user, role }, options);
  }

  userRevokeRole(
    name: string,
    role: string,
    options: CallOptions = {},
  ): Promise<AuthUserRevokeRoleResponse> {
    return this.#caller.unary(USER_REVOKE, { name, role }, options);
  }

  roleAdd(name: string, options: CallOptions = {}): Promise<AuthRoleAddResponse> {
    return this.#caller.unary(ROLE_ADD, { name }, options);
  }

  roleGet(role: string, options: CallOptions = {}): Promise<AuthRoleGetResponse> {
    return this.#caller.unary(ROLE_GET, { role }, options);
  }

  roleList(options: CallOptions = {}): Promise<AuthRoleListResponse> {
    return this.#caller.unary(ROLE_LIST, {}, options);
  }

  roleDelete(role: string, options: CallOptions = {}): Promise<AuthRoleDeleteResponse> {
    return this.#caller.unary(ROLE_DELETE, { role }, options);
  }

  roleGrantPermission(
    name: string,
    permission: RolePermission,
    options: CallOptions = {},
  ): Promise<AuthRoleGrantPermissionResponse> {
    return this.#caller.unary(ROLE_GRANT, { name, perm: permissionOf(permission) }, options);
  }

  roleRevokePermission(
    role: string,
    permission: KeyRangeOptions & { readonly key: BytesLike },
    options: CallOptions = {},
  ): Promise<AuthRoleRevokePermissionResponse> {
    return this.#caller.unary(
      ROLE_REVOKE,
      { role, ...keyRange(permission.key, permission) },
      options,
    );
  }
}

function permissionOf(permission: RolePermission): Permission {
  return { permType: PermissionType[permission.type], ...keyRange(permission.key, permission) };
}
