// Owns the operator under test: the real process, as `npm run operator` starts it, looking names of Pods up in the file.
import { join } from 'node:path';
import { ROOT } from '../support/paths.ts';
import { Process } from './processes.ts';
import { until } from './until.ts';

export interface OperatorStart {
  readonly kubeconfig: string;
  readonly hostsFile: string;
  readonly folder: string;
  readonly name: string;
  /** Where probes and figures are served: "127.0.0.1:8081". */
  readonly probes: string;
  readonly metrics: string;
  /** Its own, where the Lease is. */
  readonly namespace?: string;
  /** Modules loaded before it, and what they read. */
  readonly rig?: { readonly module: string; readonly environment: Record<string, string> };
  readonly flags?: readonly string[];
  readonly cutFile?: string;
}

export class OperatorProcess {
  readonly process: Process;
  readonly #start: OperatorStart;

  constructor(start: OperatorStart) {
    this.#start = start;
    const { namespace = 'etcd-ts-system', rig, cutFile } = start;
    this.process = new Process({
      name: start.name,
      command: process.execPath,
      args: [
        '--enable-source-maps',
        `--import=${join(ROOT, 'test/kubernetes/member-hosts.mjs')}`,
        ...(rig === undefined ? [] : [`--import=${rig.module}`]),
        join(ROOT, 'dist/operator/cli/main.js'),
        `--kubeconfig=${start.kubeconfig}`,
        `--health-probe-bind-address=${start.probes}`,
        `--metrics-bind-address=${start.metrics}`,
        '--log-level=debug',
        ...(start.flags ?? []),
      ],
      environment: {
        MEMBER_HOSTS: start.hostsFile,
        POD_NAMESPACE: namespace,
        ...(cutFile === undefined ? {} : { MEMBER_CUT: cutFile }),
        ...rig?.environment,
      },
      logFile: join(start.folder, `${start.name}.log`),
    });
  }

  async ready(): Promise<void> {
    await until(`${this.process.name} is ready`, async () => {
      const answer = await fetch(`http://${this.#start.probes}/readyz`);
      return answer.ok || undefined;
    });
  }

  async metrics(): Promise<string> {
    return await (await fetch(`http://${this.#start.metrics}/metrics`)).text();
  }

  /** The sum of all series whose line begins with `name` and contains all of `parts`. */
  async figure(name: string, ...parts: readonly string[]): Promise<number> {
    return figureOf(await this.metrics(), name, parts);
  }
}

export function figureOf(text: string, name: string, parts: readonly string[]): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name) || !parts.every((part) => line.includes(part))) continue;
    sum += Number(line.split(' ').at(-1));
  }
  return sum;
}
