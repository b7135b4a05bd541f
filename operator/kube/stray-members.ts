// Owns letting go of the members that an earlier cluster of the same name left. Its finalizer was taken by hand, while no
// operator ran; the garbage collector deleted its members, and their finalizers wait for an operator that plans for them. None
// will: their cluster is gone.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import type { EtcdMember } from '../api/etcd-member.ts';
import { MEMBER_FINALIZER } from '../api/names.ts';
import { makeChange } from './changes.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { errorText } from './log.ts';
import type { ObjectStore } from './object-store.ts';

export class StrayMembers {
  readonly #store: ObjectStore;
  /** UIDs of those that are being let go. */
  readonly #underWay: Set<string>;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.#underWay = new Set();
  }

  /** Returns at once. What is not Terminating is left to the garbage collector; what fails is tried again in a later round. */
  release(cluster: EtcdCluster, strays: readonly EtcdMember[]): void {
    for (const { metadata } of strays) {
      const { name, uid = '', deletionTimestamp, finalizers = [] } = metadata;
      const isHeld = deletionTimestamp !== undefined && finalizers.includes(MEMBER_FINALIZER);
      if (!isHeld || this.#underWay.has(uid)) continue;
      this.#underWay.add(uid);
      void this.#releaseOne(cluster, { name, uid }).finally(() => this.#underWay.delete(uid));
    }
  }

  async #releaseOne(
    cluster: EtcdCluster,
    member: { readonly name: string; readonly uid: string },
  ): Promise<void> {
    const { name, namespace = 'default', uid = '' } = cluster.metadata;
    const log = this.#store.log;
    const fields = { namespace, cluster: name, member: member.name };
    const writer = this.#store.writer(AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    try {
      // The cache may be behind: only if this cluster is the one there is now, the member's is gone.
      const current = await writer.read('EtcdCluster', { namespace, name, uid });
      if (current === undefined) return;
      await makeChange(writer, cluster, { kind: 'releaseMember', ...member });
      log('info', 'let go a member of an earlier cluster of this name', fields);
    } catch (error) {
      const problem = { ...fields, error: errorText(error) };
      log('warn', 'a member of an earlier cluster was not let go', problem);
    }
  }
}
