// Owns doing to the nodes what people do: with kubectl.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../support/paths.ts';

const run = promisify(execFile);

export class Kubectl {
  readonly #program: string;
  readonly #kubeconfig: string;

  constructor(assets: string, kubeconfig: string) {
    this.#program = join(assets, 'kubectl');
    this.#kubeconfig = kubeconfig;
  }

  /** What it printed. Throws with what it complained about. */
  async run(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: this.#kubeconfig };
    const { stdout } = await run(this.#program, args, { cwd: ROOT, env });
    return stdout;
  }

  /** Definitions and operator as README.md says, with the Deployment available at the end. */
  async installOperator(): Promise<void> {
    // This kubectl does not know the rules in the definitions, and would refuse what the API server drops.
    const files = ['-f', 'manifests/crds', '-f', 'manifests/operator.yaml'];
    await this.run('apply', '--validate=false', ...files);
    await this.run(
      ...['-n', 'etcd-ts-system', 'rollout', 'status', 'deployment/etcd-ts-operator'],
      '--timeout=120s',
    );
  }

  /** Takes the operator of all namespaces away, for operators of single ones. */
  async stopOperator(): Promise<void> {
    const where = ['-n', 'etcd-ts-system'];
    await this.run(...where, 'scale', 'deployment/etcd-ts-operator', '--replicas=0');
    const pods = ['pod', '-l', 'app.kubernetes.io/name=etcd-ts-operator'];
    await this.run(...where, 'wait', '--for=delete', ...pods, '--timeout=60s');
  }
}
