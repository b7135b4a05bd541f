// Owns ways to the members of a cluster somewhere: `kubectl port-forward` for each Pod, begun when it is first asked for and
// again when it ends.
import { join } from 'node:path';
import { Process } from '../processes.ts';
import type { MemberRef } from '../world.ts';

const CLIENT_PORT = 2379;
/** Between two attempts at one Pod. */
const RETRY_MS = 500;

interface Way {
  /** Of the Pod; a name is used again. */
  readonly uid: string;
  readonly process: Process;
  readonly sinceMs: number;
  url: string | undefined;
}

export class PortForwards {
  readonly #folder: string;
  /** By namespace and name. */
  readonly #ways: Map<string, Way>;
  #count: number;

  /** `folder` keeps what kubectl says. It goes where the environment's KUBECONFIG leads. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#ways = new Map();
    this.#count = 0;
  }

  /** Undefined while there is no way, and then one is looked for. */
  urlOf({ namespace, name }: MemberRef, uid: string): string | undefined {
    const key = `${namespace}/${name}`;
    const known = this.#ways.get(key);
    const isGood = known?.uid === uid && known.process.isRunning;
    if (isGood) {
      known.url ??= urlIn(known.process.log);
      return known.url;
    }
    if (known?.uid === uid && performance.now() - known.sinceMs < RETRY_MS) return undefined;
    void known?.process.stop('SIGKILL');
    this.#ways.set(key, this.#begin(namespace, name, uid));
    return undefined;
  }

  async closeAll(namespace: string): Promise<void> {
    const ended = [...this.#ways].filter(([key]) => key.startsWith(`${namespace}/`));
    for (const [key] of ended) this.#ways.delete(key);
    await Promise.all(ended.map(([, { process }]) => process.stop('SIGKILL')));
  }

  #begin(namespace: string, name: string, uid: string): Way {
    this.#count += 1;
    const process = new Process({
      name: `the way to ${name}`,
      command: 'kubectl',
      args: [
        `--namespace=${namespace}`,
        ...['port-forward', `pod/${name}`, '--address=127.0.0.1', `:${CLIENT_PORT}`],
      ],
      logFile: join(this.#folder, `way.${namespace}.${name}.${this.#count}.log`),
    });
    return { uid, process, sinceMs: performance.now(), url: undefined };
  }
}

/** "http://127.0.0.1:40321", once kubectl has said so. */
function urlIn(log: string): string | undefined {
  const port = /^Forwarding from 127\.0\.0\.1:(\d+) ->/m.exec(log)?.[1];
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}
