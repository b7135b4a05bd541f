// Owns volumes on the disks of the nodes, as a provisioner of a StorageClass: a directory for each claim, on the node that
// the scheduler chose for its first Pod; gone with the claim.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Json, recordAt, textAt } from '../../../operator/kube/decode.ts';
import type { Kube } from '../kube.ts';
import { NODES_FOLDER } from './plan.ts';

const POLL_MS = 250;
const PROVISIONER = 'etcd-ts.test/local';
const CLASS = 'local';
const VOLUMES = '/api/v1/persistentvolumes';

export class LocalVolumes {
  readonly #kube: Kube;
  readonly #end: AbortController;
  #loop: Promise<void>;

  constructor(kube: Kube) {
    this.#kube = kube;
    this.#end = new AbortController();
    this.#loop = Promise.resolve();
  }

  /** Makes the StorageClass, the default one, and serves it. */
  async start(): Promise<void> {
    await this.#kube.create('/apis/storage.k8s.io/v1/storageclasses', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: CLASS,
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: PROVISIONER,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        const claims = await this.#kube.list('/api/v1/persistentvolumeclaims');
        const volumes = await this.#kube.list(VOLUMES);
        const names = new Set(volumes.map((volume) => nameOf(volume)));
        for (const claim of claims) await this.#provide(claim, names);
        for (const volume of volumes) await this.#reclaim(volume);
      } catch {
        // The API server may be away, or the claim; the next round sees.
      }
      await pause(POLL_MS, undefined, { signal: this.#end.signal }).catch(() => {});
    }
  }

  async #provide(claim: Json, names: ReadonlySet<string>): Promise<void> {
    const metadata = recordAt(claim, 'metadata');
    const node = textAt(recordAt(metadata, 'annotations'), 'volume.kubernetes.io/selected-node');
    const spec = recordAt(claim, 'spec');
    const uid = textAt(metadata, 'uid') ?? '';
    const name = `claim-${uid}`;
    if (spec['storageClassName'] !== CLASS || node === undefined || names.has(name)) return;
    const path = volumeDirectory(node, uid);
    mkdirSync(path, { recursive: true });
    await this.#kube.create(VOLUMES, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
      spec: {
        accessModes: spec['accessModes'],
        capacity: recordAt(spec, 'resources', 'requests'),
        storageClassName: CLASS,
        persistentVolumeReclaimPolicy: 'Delete',
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          namespace: metadata['namespace'],
          name: metadata['name'],
          uid,
        },
        local: { path },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'kubernetes.io/hostname', operator: 'In', values: [node] },
                ],
              },
            ],
          },
        },
      },
    });
  }

  async #reclaim(volume: Json): Promise<void> {
    if (textAt(recordAt(volume, 'status'), 'phase') !== 'Released') return;
    const path = textAt(recordAt(volume, 'spec', 'local'), 'path');
    if (path?.startsWith(NODES_FOLDER) === true) rmSync(path, { recursive: true, force: true });
    await this.#kube.delete(`${VOLUMES}/${nameOf(volume)}`);
  }
}

export function emptyVolume(directory: string): void {
  for (const entry of readdirSync(directory)) {
    rmSync(join(directory, entry), { recursive: true, force: true });
  }
}

export function volumeDirectory(node: string, claimUid: string): string {
  return join(NODES_FOLDER, node, 'volumes', `claim-${claimUid}`);
}

function nameOf(object: Json): string {
  return textAt(recordAt(object, 'metadata'), 'name') ?? '';
}
