// Owns where Pods are: asked often and remembered, so that it is known while the API server is away.
import { setTimeout as pause } from 'node:timers/promises';
import { type Json, recordAt, textAt } from '../../../operator/kube/decode.ts';
import type { Kube } from '../kube.ts';

const POLL_MS = 250;

export class PodDirectory {
  readonly #kube: Kube;
  readonly #end: AbortController;
  #pods: ReadonlyMap<string, Json>;
  #loop: Promise<void>;

  constructor(kube: Kube) {
    this.#kube = kube;
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

  /** Of a Pod that runs, as last seen. */
  addressOf(namespace: string, name: string): string | undefined {
    const status = recordAt(this.#pods.get(`${namespace}/${name}`), 'status');
    return status['phase'] === 'Running' ? textAt(status, 'podIP') : undefined;
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        const pods = await this.#kube.list('/api/v1/pods');
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
