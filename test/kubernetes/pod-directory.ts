// Owns where Pods are: asked often and remembered, so that it is known while the API server is away.
import { setTimeout as pause } from 'node:timers/promises';
import { type Json, recordAt, textAt } from '../../operator/kube/decode.ts';
import type { Kube } from './kube.ts';

const POLL_MS = 250;
const ALL_PODS = '/api/v1/pods';

export class PodDirectory {
  readonly #kube: Kube;
  readonly #path: string;
  readonly #end: AbortController;
  #pods: ReadonlyMap<string, Json>;
  #loop: Promise<void>;

  /** Of the Pods that `path` lists. */
  constructor(kube: Kube, path: string = ALL_PODS) {
    this.#kube = kube;
    this.#path = path;
    this.#pods = new Map();
    this.#end = new AbortController();
    this.#loop = Promise.resolve();
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /** A Pod that runs, as last seen. */
  running(namespace: string, name: string): Json | undefined {
    const pod = this.#pods.get(`${namespace}/${name}`);
    return recordAt(pod, 'status')['phase'] === 'Running' ? pod : undefined;
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        const pods = await this.#kube.list(this.#path);
        this.#pods = new Map(
          pods.map((pod) => {
            const metadata = recordAt(pod, 'metadata');
            return [`${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`, pod];
          }),
        );
      } catch {
        // The API server may be away.
      }
      await pause(POLL_MS, undefined, { signal: this.#end.signal }).catch(() => {});
    }
  }
}
