// Owns what a member does for its cluster without being asked: tell the others its name and addresses, raise the cluster
// version, compact by itself. etcd: server/etcdserver/server.go publishV3, monitorVersions, and v3compactor.

import type { Clock } from '../base/clock.ts';
import { isEtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { compareMinorVersions } from '../base/version.ts';
import {
  encodeClusterMemberAttrSetRequest,
  encodeClusterVersionSetRequest,
} from '../proto/gen/membership.ts';
import { encodeCompactionRequest } from '../proto/gen/rpc.ts';
import { PayloadField } from '../proto/payload-field.ts';
import type { AutoCompactor } from './auto-compactor.ts';
import { PUBLISH_RETRY_MS, VERSION_MONITOR_INTERVAL_MS } from './limits.ts';
import type { Node } from './node.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

/** etcd: a cluster whose members' versions are not all known yet speaks like the first of its kind. */
const FIRST_CLUSTER_VERSION = '3.0.0';

export interface ClusterDutiesDeps {
  readonly node: Node;
  readonly memberId: bigint;
  readonly name: string;
  readonly clientUrls: readonly string[];
  /** major.minor.0 of this server. */
  readonly serverMinorVersion: string;
  readonly clusterVersion: () => string | undefined;
  /** The lowest major.minor.0 of the other members: "none" without others, undefined when one did not answer. */
  readonly othersVersion: (done: (lowest: string | undefined) => void) => void;
  readonly revision: () => number;
  readonly compactor: AutoCompactor | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

export class ClusterDuties {
  readonly #deps: ClusterDutiesDeps;
  readonly #cancels: Cancel[] = [];
  /** Called once, then forgotten. */
  #onPublished: (() => void) | undefined = undefined;
  #isStopped = false;
  #isAskingVersions = false;

  constructor(deps: ClusterDutiesDeps) {
    this.#deps = deps;
  }

  /** Publishes this member, again and again until it worked, then calls `onPublished`. */
  start(onPublished: () => void): void {
    const { scheduler, compactor } = this.#deps;
    this.#onPublished = onPublished;
    this.#publish();
    this.#cancels.push(scheduler.every(VERSION_MONITOR_INTERVAL_MS, () => this.monitorVersion()));
    if (compactor === undefined) return;
    this.#sampleCompaction(compactor);
    this.#cancels.push(
      scheduler.every(compactor.sampleIntervalMs, () => this.#sampleCompaction(compactor)),
    );
  }

  /** A snapshot says that this member is published: its own proposal was in it and is answered by nobody. */
  confirmPublished(): void {
    const onPublished = this.#onPublished;
    this.#onPublished = undefined;
    if (!this.#isStopped) onPublished?.();
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
  }

  /** Only the leader decides; also called when this member becomes it. */
  monitorVersion(): void {
    const { node, othersVersion, serverMinorVersion } = this.#deps;
    if (this.#isStopped || this.#isAskingVersions || !node.isLeader) return;
    this.#isAskingVersions = true;
    othersVersion((lowest) => {
      this.#isAskingVersions = false;
      this.#decideVersion(lowest === 'none' ? serverMinorVersion : lowest);
    });
  }

  /** etcd: the cluster's version is the lowest of its members', and only rises. 3.0 until all of them are known. */
  #decideVersion(others: string | undefined): void {
    const { node, clusterVersion, serverMinorVersion } = this.#deps;
    if (this.#isStopped || !node.isLeader) return;
    const current = clusterVersion();
    let lowest = others;
    if (lowest !== undefined && compareMinorVersions(serverMinorVersion, lowest) < 0) {
      lowest = serverMinorVersion;
    }
    if (current === undefined) lowest ??= FIRST_CLUSTER_VERSION;
    else if (lowest === undefined || compareMinorVersions(lowest, current) <= 0) return;
    const raw = encodeClusterVersionSetRequest({ ver: lowest });
    node.proposeOwn(PayloadField.clusterVersionSet, raw);
  }

  #publish(): void {
    if (this.#isStopped || this.#onPublished === undefined) return;
    const { node, memberId, name, clientUrls, scheduler, logger } = this.#deps;
    const raw = encodeClusterMemberAttrSetRequest({
      memberId,
      memberAttributes: { name, clientUrls: [...clientUrls] },
    });
    node.proposeOwn(PayloadField.clusterMemberAttrSet, raw, (outcome) => {
      if (isEtcdError(outcome)) {
        logger.warn('failed to publish local member to cluster through raft', {
          'local-member-id': memberId.toString(16),
          error: outcome.message,
        });
        scheduler.after(PUBLISH_RETRY_MS, () => this.#publish());
        return;
      }
      logger.info('published local member to cluster through raft', {
        'local-member-id': memberId.toString(16),
        'local-member-attributes': `{Name:${name} ClientURLs:[${clientUrls.join(' ')}]}`,
      });
      this.confirmPublished();
    });
  }

  #sampleCompaction(compactor: AutoCompactor): void {
    const { node, clock, logger, revision } = this.#deps;
    const target = compactor.sample(clock.monotonicMs(), revision(), node.isLeader);
    if (target === undefined) return;
    logger.info('starting auto compaction', { revision: target });
    const raw = encodeCompactionRequest({ revision: target, physical: false });
    node.proposeOwn(PayloadField.compaction, raw, (outcome) => {
      if (!isEtcdError(outcome) || outcome.code === 'compacted') {
        compactor.succeeded();
        logger.info('completed auto compaction', { revision: target });
      } else {
        logger.warn('failed auto compaction', { revision: target, error: outcome.message });
      }
    });
  }
}
