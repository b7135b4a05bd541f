// Owns operators of single namespaces as Pods, made like the one of manifests/operator.yaml, and what is done to their
// processes. Kubelet starts one that failed again, as a Deployment's; to its handle that is another one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadAll } from 'js-yaml';
import { isJson, type Json, listAt, recordAt, textAt } from '../../../operator/kube/decode.ts';
import { ROOT } from '../../support/paths.ts';
import type { Kube } from '../kube.ts';
import { until } from '../until.ts';
import type { OperatorHandle, OperatorStart } from '../world.ts';
import { filter, processesOf } from './containers.ts';

const NAMESPACE = 'etcd-ts-system';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const POLL_MS = 100;
/** Ports members serve the operator on. */
const MEMBERS_RULE = ['OUTPUT', '-p', 'tcp', '--dport', '2379:2381', '-j', 'DROP'];

export class NodesOperator implements OperatorHandle {
  readonly name: string;
  readonly ended: Promise<undefined>;
  readonly #kube: Kube;
  readonly #path: string;
  readonly #pod: Json;
  readonly #processes: readonly number[];

  static async start(kube: Kube, start: OperatorStart, node: string): Promise<NodesOperator> {
    if (start.crashAfter !== undefined || start.clockAheadMs !== undefined) {
      throw new Error('the image has no such operator');
    }
    const name = `${start.namespace}-${start.name}`;
    await kube.create(PODS, operatorPod(name, start, node));
    const path = `${PODS}/${name}`;
    const [pod, processes] = await until(`${name} runs`, async () => {
      const found = await kube.get(path);
      const numbers = processesOf(found);
      return numbers.length === 0 ? undefined : ([found, numbers] as const);
    });
    return new NodesOperator(start.name, { kube, path, pod, processes });
  }

  private constructor(
    name: string,
    found: {
      readonly kube: Kube;
      readonly path: string;
      readonly pod: Json;
      readonly processes: readonly number[];
    },
  ) {
    this.name = name;
    this.#kube = found.kube;
    this.#path = found.path;
    this.#pod = found.pod;
    this.#processes = found.processes;
    this.ended = this.#end();
  }

  get isRunning(): boolean {
    return this.#processes.some((each) => {
      try {
        process.kill(each, 0);
        return true;
      } catch {
        return false;
      }
    });
  }

  get #address(): string {
    return textAt(recordAt(this.#pod, 'status'), 'podIP') ?? '';
  }

  async ready(): Promise<void> {
    await until(`${this.name} is ready`, async () => {
      const signal = AbortSignal.timeout(1000);
      return (await fetch(`http://${this.#address}:8081/readyz`, { signal })).ok || undefined;
    });
  }

  async kill(): Promise<void> {
    // Kubelet must not start it again: it learns of both at once.
    this.pause();
    const body = { gracePeriodSeconds: 0 };
    await this.#kube.delete(this.#path, body).catch(() => {});
    this.#signal('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<number> {
    this.#signal('SIGTERM');
    await this.ended;
    return await until(`${this.name} has an exit code`, async () => {
      const status = recordAt(await this.#kube.get(this.#path), 'status');
      const [container = {}] = listAt(status, 'containerStatuses');
      for (const when of ['state', 'lastState']) {
        const code = recordAt(container, when, 'terminated')['exitCode'];
        if (typeof code === 'number') return code;
      }
      return undefined;
    });
  }

  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  async blind(): Promise<void> {
    filter(this.#pod, '-A', ...MEMBERS_RULE);
  }

  async see(): Promise<void> {
    filter(this.#pod, '-D', ...MEMBERS_RULE);
  }

  async metrics(): Promise<string> {
    return await (await fetch(`http://${this.#address}:8080/metrics`)).text();
  }

  #signal(name: NodeJS.Signals): void {
    if (!this.isRunning) return;
    for (const each of this.#processes) process.kill(each, name);
  }

  async #end(): Promise<undefined> {
    while (this.isRunning) await pause(POLL_MS);
    return undefined;
  }
}

function operatorPod(
  name: string,
  { namespace, leaderElect = true }: OperatorStart,
  node: string,
): Json {
  const template = recordAt(deployment(), 'spec', 'template');
  const spec = recordAt(template, 'spec');
  const [container = {}] = listAt(spec, 'containers');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...spec,
      nodeName: node,
      restartPolicy: 'OnFailure',
      containers: [
        {
          ...container,
          args: [
            `--watch-namespace=${namespace}`,
            `--leader-election-namespace=${namespace}`,
            `--leader-elect=${String(leaderElect)}`,
            '--log-level=debug',
          ],
        },
      ],
    },
  };
}

function deployment(): Json {
  const text = readFileSync(join(ROOT, 'manifests/operator.yaml'), 'utf8');
  const found = loadAll(text)
    .filter(isJson)
    .find(({ kind }) => kind === 'Deployment');
  if (found === undefined) throw new Error('manifests/operator.yaml has no Deployment');
  return found;
}
