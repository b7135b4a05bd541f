// Goal: a member without authentication follows a log of members that have it as long as that is safe, and says why when it
// is not. Method: the requests etcdctl makes, applied to stores with and without users. A failure means a member that dies of
// "auth status", or one that serves what others guard.
import { describe, expect, it } from 'vitest';
import { AuthenticationError, refuseGuardedStore } from '../../../server/apply/auth-command.ts';
import { decodeCommand } from '../../../server/apply/command.ts';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import {
  createInternalRaftRequest,
  encodeInternalRaftRequest,
  type InternalRaftRequest,
} from '../../../server/proto/gen/raft-internal.ts';
import {
  createAuthUserAddRequest,
  createAuthUserDeleteRequest,
} from '../../../server/proto/gen/rpc.ts';
import { ApplyWorld } from '../../support/apply-harness.ts';

function apply(world: ApplyWorld, partial: Partial<InternalRaftRequest>): unknown {
  const data = encodeInternalRaftRequest(createInternalRaftRequest(partial));
  return world.applier.apply(decodeCommand(data));
}

function guarded(bucket: 'authUsers' | 'authRoles'): ApplyWorld {
  const world = new ApplyWorld();
  world.backend.put(bucket, utf8Bytes('root'), utf8Bytes('x'));
  return world;
}

describe('requests of users and roles', () => {
  it('that only ask are passed over', () => {
    const world = guarded('authUsers');
    for (const field of ['authStatus', 'authUserList', 'authRoleList', 'authDisable']) {
      expect(apply(world, { [field]: {} })).toEqual({ kind: 'done' });
    }
  });

  it('that change nothing without users are passed over', () => {
    const world = new ApplyWorld();
    const authUserDelete = createAuthUserDeleteRequest({ name: 'a' });
    expect(apply(world, { authUserDelete })).toEqual({ kind: 'done' });
    expect(apply(world, { authEnable: {} })).toEqual({ kind: 'done' });
    expect(world.backend.entries('authUsers')).toEqual([]);
  });

  it('that change something stop the member, and it says what to do', () => {
    const authUserAdd = createAuthUserAddRequest({ name: 'root', hashedPassword: 'x' });
    expect(() => apply(new ApplyWorld(), { authUserAdd })).toThrow(AuthenticationError);
    expect(() => apply(guarded('authUsers'), { authEnable: {} })).toThrow(
      /\(authEnable\): this version has no authentication\. Remove this member/,
    );
    expect(() => apply(guarded('authRoles'), { authEnable: {} })).not.toThrow();
  });
});

describe('a store', () => {
  it('is refused once authentication is enabled in it', () => {
    const { backend } = guarded('authUsers');
    refuseGuardedStore(backend);
    backend.put('auth', utf8Bytes('authEnabled'), Uint8Array.of(0));
    refuseGuardedStore(backend);
    backend.put('auth', utf8Bytes('authEnabled'), Uint8Array.of(1));
    expect(() => refuseGuardedStore(backend)).toThrow('authentication is enabled: this version');
  });
});
