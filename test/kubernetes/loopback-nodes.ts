// Owns the nodes of the loopback world, which are objects and no machines, and the scheduler: which Pod goes where. Each
// namespace has nodes of its own, so that losing some hits nobody else.
import { type Json, recordAt, textAt } from '../../operator/kube/decode.ts';
import type { Kube } from './kube.ts';

/** Where Pods of namespaces go that were given no nodes. */
const ANY_NODE = 'loopback';
const NODES = '/api/v1/nodes';

interface NodeState {
  readonly name: string;
  readonly namespace: string;
  /** By whoever drains it. */
  isCordoned: boolean;
  condition: 'well' | 'cut' | 'lost';
}

export class LoopbackNodes {
  readonly #kube: Kube;
  readonly #nodes: Map<string, NodeState>;

  constructor(kube: Kube) {
    this.#kube = kube;
    this.#nodes = new Map();
  }

  async add(namespace: string, count: number): Promise<void> {
    for (let number = 1; number <= count; number++) {
      const name = `${namespace}-${number}`;
      const labels = { 'kubernetes.io/hostname': name };
      await this.#kube.create(NODES, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels },
      });
      await this.#report(name, 'True');
      this.#nodes.set(name, { name, namespace, isCordoned: false, condition: 'well' });
    }
  }

  /** Reads what administrators did to the nodes. */
  async refresh(): Promise<void> {
    if (this.#nodes.size === 0) return;
    for (const node of await this.#kube.list(NODES)) {
      const known = this.#nodes.get(textAt(recordAt(node, 'metadata'), 'name') ?? '');
      if (known !== undefined) known.isCordoned = recordAt(node, 'spec')['unschedulable'] === true;
    }
  }

  /** Its kubelet is in touch with the API server, and its processes live. */
  isWell(node: string): boolean {
    return (this.#nodes.get(node)?.condition ?? 'well') === 'well';
  }

  isLost(node: string): boolean {
    return this.#nodes.get(node)?.condition === 'lost';
  }

  /** As the node controller finds it, without its forty seconds of patience. */
  async break(node: string, condition: 'cut' | 'lost'): Promise<void> {
    const state = this.#nodes.get(node);
    if (state === undefined) throw new Error(`there is no node ${node}`);
    state.condition = condition;
    await this.#report(node, 'Unknown');
  }

  async heal(node: string): Promise<void> {
    const state = this.#nodes.get(node);
    if (state?.condition !== 'cut') return;
    state.condition = 'well';
    await this.#report(node, 'True');
  }

  async remove(node: string): Promise<void> {
    this.#nodes.delete(node);
    await this.#kube.delete(`${NODES}/${node}`);
  }

  /** The node with the fewest of `taken`; `pinned`: where the Pod's volume is. Undefined when no node may have it. */
  place(
    namespace: string,
    { taken, pinned }: { readonly taken: readonly string[]; readonly pinned: string | undefined },
  ): string | undefined {
    const ours = [...this.#nodes.values()].filter((node) => node.namespace === namespace);
    if (ours.length === 0 && pinned === undefined) return ANY_NODE;
    const free = ours.filter(
      ({ name, isCordoned, condition }) =>
        !isCordoned && condition === 'well' && (pinned ?? name) === name,
    );
    const load = ({ name }: NodeState): number => taken.filter((node) => node === name).length;
    return free.sort((a, b) => load(a) - load(b))[0]?.name;
  }

  async #report(name: string, status: 'True' | 'Unknown'): Promise<void> {
    const ready = { type: 'Ready', status, reason: 'Loopback', message: '' };
    await this.#kube.patch(`${NODES}/${name}/status`, { status: { conditions: [ready] } });
  }
}

/** Whether a Pod's volume stays on the node that it was first used on. */
export function isLocal(claim: Json): boolean {
  return textAt(recordAt(claim, 'spec'), 'storageClassName') === 'local';
}
