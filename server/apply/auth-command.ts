// Owns how far a member without authentication follows a log that has requests about users and roles: only members of etcd
// put them there. What changes nothing is passed over; at the first that would change something the member stops, because
// skipping it would let it serve what others guard, and lose users when it leads. etcd: server/auth/store.go.

import type { Backend } from '../base/backend.ts';
import { utf8Bytes } from '../base/bytes.ts';
import type { InternalRaftRequest } from '../proto/gen/raft-internal.ts';

/** The cluster uses what this version does not have. The message is for the person who runs the member. */
export class AuthenticationError extends Error {
  override readonly name: string = 'AuthenticationError';
}

/** Throws AuthenticationError when the store belongs to a cluster that guards its keys. */
export function refuseGuardedStore(backend: Backend): void {
  const [enabled] = backend.get('auth', ENABLED_KEY) ?? [];
  if (enabled === 1) throw new AuthenticationError(`authentication is enabled: ${ADVICE}`);
}

/**
 * True for a request about users and roles that changes nothing here. False for one of something else. Throws
 * AuthenticationError for one that would change something.
 */
export function passesOver(request: InternalRaftRequest, backend: Backend): boolean {
  if (QUESTIONS.some((field) => request[field] !== undefined)) return true;
  const change = CHANGES.find(({ field }) => request[field] !== undefined);
  if (change === undefined) return false;
  // etcd: an error, unless there is the user or the role it is about; to be enabled there must be the user root.
  if (change.needs !== undefined && backend.entries(change.needs).length === 0) return true;
  throw new AuthenticationError(`a request of users or roles (${change.field}): ${ADVICE}`);
}

const ADVICE =
  'this version has no authentication. Remove this member from the cluster with another member, or delete its users and roles and restore a snapshot taken after that';

const ENABLED_KEY = utf8Bytes('authEnabled');

const QUESTIONS = [
  'authStatus',
  'authenticate',
  'authUserGet',
  'authUserList',
  'authRoleGet',
  'authRoleList',
  // It is disabled.
  'authDisable',
] as const;

const CHANGES = [
  { field: 'authUserAdd', needs: undefined },
  { field: 'authRoleAdd', needs: undefined },
  { field: 'authEnable', needs: 'authUsers' },
  { field: 'authUserDelete', needs: 'authUsers' },
  { field: 'authUserChangePassword', needs: 'authUsers' },
  { field: 'authUserGrantRole', needs: 'authUsers' },
  { field: 'authUserRevokeRole', needs: 'authUsers' },
  { field: 'authRoleDelete', needs: 'authRoles' },
  { field: 'authRoleGrantPermission', needs: 'authRoles' },
  { field: 'authRoleRevokePermission', needs: 'authRoles' },
] as const;
