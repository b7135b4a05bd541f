// Owns asking members for their hashes and acting on what they say: refuse to start with other data than the peers', raise
// the CORRUPT alarm. etcd: server/etcdserver/corrupt.go, monitorKVHash and monitorCompactHash.

import { isEtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import {
  corruptMember,
  differingPeers,
  judgeCompaction,
  type OwnHash,
  type PeerHash,
} from '../cluster/corruption.ts';
import { fetchHashKv } from '../cluster/transport/cluster-questions.ts';
import { type Cancel, PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { AlarmAction, AlarmType, encodeAlarmRequest } from '../proto/gen/rpc.ts';
import { PayloadField } from '../proto/payload-field.ts';
import { HASH_QUESTION_MS } from './limits.ts';
import type { MemberParts } from './member.ts';
import type { PeerNetwork } from './peer-network.ts';
import { StartError } from './start-error.ts';

export class CorruptionChecks {
  readonly #member: MemberParts;
  readonly #network: PeerNetwork;
  readonly #logger: Logger;
  readonly #cancels: Cancel[] = [];
  /** Revision of the newest compaction that all members agreed on. */
  #checkedRevision = 0;
  #isBusy = false;

  constructor(member: MemberParts, network: PeerNetwork, logger: Logger) {
    this.#member = member;
    this.#network = network;
    this.#logger = logger;
  }

  /** Compares this member's data with its peers' before it serves. Throws StartError when they differ. */
  async checkBeforeServing(): Promise<void> {
    const { config, book } = this.#member;
    if (!config.features.initialCorruptCheck) return;
    const localId = book.localId.toString(16);
    this.#logger.info('starting initial corruption check', { 'local-member-id': localId });
    const own = await this.#ownHash(0);
    const different = differingPeers(own, await this.#peerHashes(own.revision));
    if (different.length > 0) {
      this.#logger.warn('found different hash values from remote peer', {
        'remote-peer-ids': different.map((id) => id.toString(16)),
      });
      throw new StartError(`${localId} found data inconsistency with peers`);
    }
    this.#logger.info('initial corruption checking passed; no corruption', {
      'local-member-id': localId,
    });
  }

  /** Starts the checks that go on while the member serves, as far as the configuration wants them. */
  start(): void {
    const { corruptCheckTimeMs, compactHashCheckTimeMs, features } = this.#member.config;
    if (corruptCheckTimeMs > 0) this.#every(corruptCheckTimeMs, () => this.#checkNow());
    if (features.compactHashCheck) {
      this.#every(compactHashCheckTimeMs, () => this.#checkCompactions());
    }
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
  }

  /** Only the leader checks, one check at a time; a check that fails says so and comes again. */
  #every(intervalMs: number, check: () => Promise<void>): void {
    const run = (): void => {
      if (this.#isBusy || !this.#member.node.isLeader) return;
      this.#isBusy = true;
      check()
        .catch((error: unknown) => {
          this.#logger.warn('failed to check hash KV', { error });
        })
        .finally(() => {
          this.#isBusy = false;
        });
    };
    this.#cancels.push(PROCESS_SCHEDULER.every(intervalMs, run));
  }

  async #checkNow(): Promise<void> {
    const { node, store, book } = this.#member;
    const before = await this.#ownHash(0);
    const peers = await this.#peerHashes(before.revision);
    await new Promise<void>((resolve, reject) => {
      node.readIndex({
        onReadable: (error) => (error === undefined ? resolve() : reject(error)),
      });
    });
    const after = await this.#ownHash(0);
    const revisionAfter = store.revision;
    const corrupt = corruptMember(book.localId, { before, after, revisionAfter }, peers);
    if (corrupt !== undefined) this.#raise(corrupt);
    this.#logger.info('finished peer corruption check', {
      'number-of-peers-checked': peers.filter(({ answer }) => answer !== undefined).length,
    });
  }

  async #checkCompactions(): Promise<void> {
    const { store, book } = this.#member;
    const unchecked = store
      .compactionHashes()
      .filter(({ revision }) => revision > this.#checkedRevision)
      .toReversed();
    let checkedCount = 0;
    for (const own of unchecked) {
      checkedCount++;
      const peers = await this.#peerHashes(own.revision);
      if (peers.length === 0) continue;
      const verdict = judgeCompaction(book.localId, own, peers);
      if (verdict.kind === 'incomplete') continue;
      if (verdict.kind === 'equal') this.#checkedRevision = own.revision;
      else for (const id of verdict.ids) this.#raise(id);
      break;
    }
    this.#logger.info('finished compaction hash check', {
      'number-of-hashes-checked': checkedCount,
    });
  }

  #ownHash(revision: number): Promise<OwnHash> {
    return new Promise((resolve, reject) => {
      this.#member.node.background.hashKv(revision, (result) => {
        if (isEtcdError(result)) reject(result);
        else resolve(result);
      });
    });
  }

  /** Every other member's answer; those that do not give one are in the list without it. */
  #peerHashes(revision: number): Promise<PeerHash[]> {
    const { book } = this.#member;
    const others = book.members().filter(({ id }) => id !== book.localId);
    return Promise.all(
      others.map(async ({ id, peerUrls }): Promise<PeerHash> => {
        try {
          const target = { urls: peerUrls, timeoutMs: HASH_QUESTION_MS };
          const question = { clusterId: book.clusterId, revision };
          const answer = await fetchHashKv(this.#network.asker, target, question);
          return { id, answer };
        } catch (error) {
          this.#logger.warn('failed hash kv request', {
            'remote-peer-id': id.toString(16),
            error,
          });
          return { id, answer: undefined };
        }
      }),
    );
  }

  #raise(memberId: bigint): void {
    this.#logger.error('found data corruption; raising alarm', {
      'member-id': memberId.toString(16),
    });
    const request = { action: AlarmAction.activate, memberId, alarm: AlarmType.corrupt };
    this.#member.node.proposeOwn(PayloadField.alarm, encodeAlarmRequest(request));
  }
}
