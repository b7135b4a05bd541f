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
  /** Until there is one, that of the way before to the same Pod. */
  url: string | undefined;
  isOpen: boolean;
  isGivenUp: boolean;
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

  /** Undefined while there has never been a way to this Pod; one is looked for then. */
  urlOf({ namespace, name }: MemberRef, uid: string): string | undefined {
    const key = `${namespace}/${name}`;
    const known = this.#ways.get(key);
    const before = known?.uid === uid ? known : undefined;
    if (before !== undefined) {
      const isTooSoon = performance.now() - before.sinceMs < RETRY_MS;
      if (isTooSoon || (before.process.isRunning && !before.isGivenUp)) return urlOfWay(before);
    }
    void known?.process.stop('SIGKILL');
    const process = this.#begin(namespace, name);
    const { url } = before ?? {};
    const rest = { sinceMs: performance.now(), isOpen: false, isGivenUp: false };
    this.#ways.set(key, { uid, process, url, ...rest });
    return url;
  }

  /**
   * Another kubectl is started when the way is asked for again: one whose client has gone away in the midst of an answer may
   * hang for ever, and with it all that comes over it.
   */
  giveUp({ namespace, name }: MemberRef, url: string): void {
    const way = this.#ways.get(`${namespace}/${name}`);
    // It may have been the one before.
    if (way?.isOpen === true && way.url === url) way.isGivenUp = true;
  }

  async closeAll(namespace: string): Promise<void> {
    const ended = [...this.#ways].filter(([key]) => key.startsWith(`${namespace}/`));
    for (const [key] of ended) this.#ways.delete(key);
    await Promise.all(ended.map(([, { process }]) => process.stop('SIGKILL')));
  }

  #begin(namespace: string, name: string): Process {
    this.#count += 1;
    return new Process({
      name: `the way to ${name}`,
      command: 'kubectl',
      args: [
        `--namespace=${namespace}`,
        ...['port-forward', `pod/${name}`, '--address=127.0.0.1', `:${CLIENT_PORT}`],
      ],
      logFile: join(this.#folder, `way.${namespace}.${name}.${this.#count}.log`),
    });
  }
}

/** "http://127.0.0.1:40321", once kubectl has said so. */
function urlOfWay(way: Way): string | undefined {
  if (way.isOpen) return way.url;
  const port = /^Forwarding from 127\.0\.0\.1:(\d+) ->/m.exec(way.process.log)?.[1];
  if (port === undefined) return way.url;
  way.isOpen = true;
  way.url = `http://127.0.0.1:${port}`;
  return way.url;
}
