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
  readonly ports: { readonly probes: number; readonly metrics: number };
}

export class OperatorProcess {
  readonly process: Process;
  readonly #ports: { readonly probes: number; readonly metrics: number };

  constructor({ kubeconfig, hostsFile, folder, name, ports }: OperatorStart) {
    this.#ports = ports;
    this.process = new Process({
      name,
      command: process.execPath,
      args: [
        '--enable-source-maps',
        `--import=${join(ROOT, 'test/kubernetes/member-hosts.mjs')}`,
        join(ROOT, 'dist/operator/cli/main.js'),
        `--kubeconfig=${kubeconfig}`,
        `--health-probe-bind-address=127.0.0.1:${ports.probes}`,
        `--metrics-bind-address=127.0.0.1:${ports.metrics}`,
        '--log-level=debug',
      ],
      environment: { MEMBER_HOSTS: hostsFile, POD_NAMESPACE: 'etcd-ts-system' },
      logFile: join(folder, `${name}.log`),
    });
  }

  async ready(): Promise<void> {
    await until(`${this.process.name} is ready`, async () => {
      const answer = await fetch(`http://127.0.0.1:${this.#ports.probes}/readyz`);
      return answer.ok || undefined;
    });
  }

  async metrics(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#ports.metrics}/metrics`)).text();
  }

  /** The sum of all series whose line begins with `name` and contains all of `parts`. */
  async figure(name: string, ...parts: readonly string[]): Promise<number> {
    let sum = 0;
    for (const line of (await this.metrics()).split('\n')) {
      if (!line.startsWith(name) || !parts.every((part) => line.includes(part))) continue;
      sum += Number(line.split(' ').at(-1));
    }
    return sum;
  }
}
