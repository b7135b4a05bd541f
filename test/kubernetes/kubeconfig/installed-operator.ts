// Owns the operator of a cluster somewhere: the one that people have installed there, or the one of manifests/, which the
// suite puts there and takes away. It is everybody's, so that no scenario may end it.
import { type Json, listAt, recordAt, textAt } from '../../../operator/kube/decode.ts';
import { KubeError } from '../../../operator/kube/kube-error.ts';
import { installDefinitions, installRights } from '../install.ts';
import type { Kube } from '../kube.ts';
import { until } from '../until.ts';
import type { OperatorHandle } from '../world.ts';

const LABEL = 'labelSelector=app.kubernetes.io%2Fname%3Detcd-ts-operator';
const METRICS_PORT = 8080;
const METRICS_TIMEOUT_MS = 5_000;
const AVAILABLE_MS = 120_000;
const REMOVED_MS = 120_000;

export class InstalledOperator implements OperatorHandle {
  readonly name: string;
  readonly isRunning: boolean;
  readonly ended: Promise<undefined>;
  readonly #kube: Kube;
  /** The namespace of its Deployment. */
  readonly #namespace: string;
  /** Paths of what the suite itself has put there, in this order. */
  readonly #made: readonly string[];

  /** Fulfilled when it is available. Throws when it does not look at every namespace. */
  static async findOrInstall(kube: Kube): Promise<InstalledOperator> {
    const there = await deployments(kube);
    if (there.length > 0) return await InstalledOperator.#ofOne(kube, there, []);
    const made = [...(await installDefinitions(kube)), ...(await installRights(kube))];
    try {
      return await InstalledOperator.#ofOne(kube, await deployments(kube), made);
    } catch (error) {
      await removeAll(kube, made);
      throw error;
    }
  }

  static async #ofOne(
    kube: Kube,
    [deployment, ...others]: readonly Json[],
    made: readonly string[],
  ): Promise<InstalledOperator> {
    if (deployment === undefined) throw new Error('manifests/ have no operator');
    if (others.length > 0) throw new Error(`there are ${others.length + 1} operators`);
    const container = recordAt(deployment, 'spec', 'template', 'spec')['containers'];
    if (/--watch-namespace=\w/.test(JSON.stringify(container))) {
      throw new Error('the operator there looks at one namespace only');
    }
    const operator = new InstalledOperator(kube, deployment, made);
    await operator.ready();
    return operator;
  }

  private constructor(kube: Kube, deployment: Json, made: readonly string[]) {
    const metadata = recordAt(deployment, 'metadata');
    this.name = textAt(metadata, 'name') ?? '';
    this.isRunning = true;
    this.ended = new Promise(() => {});
    this.#kube = kube;
    this.#namespace = textAt(metadata, 'namespace') ?? '';
    this.#made = made;
  }

  /** "etcd-ts-system/etcd-ts-operator, put there by this suite" */
  get inWords(): string {
    const whose = this.#made.length > 0 ? 'put there by this suite' : 'found there';
    return `${this.#namespace}/${this.name}, ${whose}`;
  }

  async ready(): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${this.#namespace}/deployments/${this.name}`;
    await until(
      `${this.name} is available`,
      async () => {
        const conditions = listAt(recordAt(await this.#kube.get(path), 'status'), 'conditions');
        const available = conditions.find(({ type }) => type === 'Available');
        if (available?.['status'] === 'True') return true;
        throw new Error(JSON.stringify(conditions));
      },
      AVAILABLE_MS,
    );
  }

  kill(): Promise<void> {
    return Promise.reject(new Error('the operator is not ours to kill'));
  }

  stop(): Promise<number> {
    return Promise.reject(new Error('the operator is not ours to stop'));
  }

  pause(): void {
    throw new Error('the operator is not ours to pause');
  }

  resume(): void {
    throw new Error('the operator is not ours to resume');
  }

  blind(): Promise<void> {
    return Promise.reject(new Error('the operator is not ours to blind'));
  }

  see(): Promise<void> {
    return Promise.resolve();
  }

  /** Of all its Pods: there may be some that wait for the Lease. */
  async metrics(): Promise<string> {
    const pods = await this.#kube.list(`/api/v1/namespaces/${this.#namespace}/pods?${LABEL}`);
    const texts = await Promise.all(pods.map((pod) => this.#metricsOf(pod).catch(() => '')));
    return texts.join('\n');
  }

  async #metricsOf(pod: Json): Promise<string> {
    const name = textAt(recordAt(pod, 'metadata'), 'name');
    const path = `/api/v1/namespaces/${this.#namespace}/pods/${name}:${METRICS_PORT}/proxy/metrics`;
    const signal = AbortSignal.timeout(METRICS_TIMEOUT_MS);
    const lines: string[] = [];
    for await (const line of this.#kube.rest.lines({ method: 'GET', path }, signal)) {
      lines.push(line);
    }
    return lines.join('\n');
  }

  /** If the suite has put it there. */
  async remove(): Promise<void> {
    await removeAll(this.#kube, this.#made);
  }
}

async function deployments(kube: Kube): Promise<readonly Json[]> {
  return await kube.list(`/apis/apps/v1/deployments?${LABEL}`);
}

async function removeAll(kube: Kube, paths: readonly string[]): Promise<void> {
  for (const path of paths.toReversed()) await removeObject(kube, path, REMOVED_MS);
}

/** Fulfilled when it is no longer there. */
export async function removeObject(kube: Kube, path: string, limitMs: number): Promise<void> {
  await until(
    `${path} is gone`,
    async () => {
      try {
        await kube.delete(path);
      } catch (error) {
        if (error instanceof KubeError && error.isNotFound) return true;
        throw error;
      }
      return undefined;
    },
    limitMs,
  );
}
