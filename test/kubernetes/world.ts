// Owns the port between scenarios and the place they are played in: what may be done to a cluster of Kubernetes and to those
// who live there. Scenarios are written once, against this; loopback-world.ts plays nodes on one machine, nodes/ has kubelets
// and containers, kubeconfig/ is any cluster, and has no power over its machines.
//
// Nothing here waits for consequences: a call is done when the fault is there. What follows from it (a node found NotReady, a
// Pod restarted) is what scenarios watch for.
import type { Json } from '../../operator/kube/decode.ts';
import type { Kube } from './kube.ts';

/** Faults a world may be capable of; a scenario names those it needs, and is listed as not possible where one is missing. */
export const ABILITIES = [
  /** An operator acts in a scenario's namespace. */
  'operator',
  /** Operators are the scenario's: as many as it starts, and kill, stop, pause and resume of OperatorHandle. */
  'own-operators',
  /** OperatorStart.crashAfter and .clockAheadMs. */
  'operator-rigged',
  /** OperatorHandle.blind and .see. */
  'operator-blinded',
  'kill-member',
  'crash-loop',
  'blank-volume',
  'corrupt-data',
  'lose-node',
  'cut-node',
  /** Pods made while it is on do not start. */
  'hold-pods',
  /** Volumes are not tied to a node: a Pod that was evicted runs elsewhere. */
  'moving-volumes',
  'restart-nodes',
  'api-server',
  /** plantStranger: a member of another cluster answers in the place of one. */
  'plant-stranger',
] as const;
export type Ability = (typeof ABILITIES)[number];

/** A member: its Pod, which has its name. */
export interface MemberRef {
  readonly namespace: string;
  readonly name: string;
}

export interface OperatorStart {
  /** The one it looks at, and where its Lease is. */
  readonly namespace: string;
  /** Differs between operators of a namespace. */
  readonly name: string;
  /** Default true. */
  readonly leaderElect?: boolean;
  /**
   * Kills itself (SIGKILL) right after this many acts on the API server or on members (1 is the first), or after the first of
   * this kind ("memberAdd").
   */
  readonly crashAfter?: number | string;
  /** Its clock is ahead by so much, for deadlines too long to be waited for. */
  readonly clockAheadMs?: number;
}

export interface OperatorHandle {
  readonly name: string;
  readonly isRunning: boolean;
  /** When it has ended. With `crashAfter`: the kind of the last act ("createPod"). */
  readonly ended: Promise<string | undefined>;
  /** Fulfilled when it has listed everything; it may still wait for the Lease. */
  ready(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number>;
  /** SIGSTOP and SIGCONT: a machine that hangs. */
  pause(): void;
  resume(): void;
  /** From now on no member can be reached by this operator, while the API server can; `see` ends it. */
  blind(): Promise<void>;
  see(): Promise<void>;
  /** The text of /metrics. */
  metrics(): Promise<string>;
}

export interface World {
  /** "loopback", "nodes", "kubeconfig": printed with the results. */
  readonly title: string;
  readonly abilities: ReadonlySet<Ability>;
  /** Abilities that hit all clusters of the world: a scenario that needs one of them is played alone. */
  readonly shared: ReadonlySet<Ability>;
  /** The administrator's. */
  readonly kube: Kube;
  /** Of EtcdCluster: what members are run from, something else that runs too, and something that cannot be had. */
  readonly images: { readonly usual: Json; readonly other: Json; readonly missing: Json };
  /** The version of Kubernetes, "v1.20.2". */
  readonly version: string;

  /** Everything that was started ends, whatever happened before. */
  stop(): Promise<void>;

  /** Makes a namespace, with the rights an operator needs there. */
  addNamespace(namespace: string): Promise<void>;
  /** What is there still, with the namespace itself where the world can. Its operators have ended, if they were its own. */
  removeNamespace(namespace: string): Promise<void>;
  /**
   * Fulfilled when its process is there; see OperatorHandle. It acts only in its namespace. Without 'own-operators' it is the
   * one that everybody has, whatever was asked for.
   */
  startOperator(start: OperatorStart): Promise<OperatorHandle>;

  /**
   * Where the client port of a member is reached now, without the API server if the world can: "http://10.1.2.3:2379".
   * Undefined when its Pod does not run. Asked ten times a second.
   */
  clientUrl(member: MemberRef): string | undefined;
  /** Nothing was heard over this URL for longer than a member needs: the world may look for another way to it. */
  noteSilence(member: MemberRef, url: string): void;

  /** Kills the process of a member (SIGKILL), as running out of memory would. Kubelet starts it again. */
  killMember(member: MemberRef): Promise<void>;
  /** Kills the member, and from now on it ends as soon as it is started, until `mend`. */
  crashLoop(member: MemberRef): Promise<void>;
  mend(member: MemberRef): Promise<void>;
  /** Stops the member, empties its volume and lets it start again. */
  blankVolume(member: MemberRef): Promise<void>;
  /** Stops the member, damages its data so that it cannot start, and lets it try. */
  corruptData(member: MemberRef): Promise<void>;
  /**
   * Puts the data of a foreign cluster of one into the volume of a member and lets it start again: it then answers with
   * that cluster's ID, as after a wrong restore.
   */
  plantStranger(member: MemberRef): Promise<void>;

  /** The node a Pod runs on. */
  nodeOf(member: MemberRef): Promise<string>;
  /** The node is gone for good, with its disks: processes die, nobody reports, Pods that are deleted stay Terminating. */
  loseNode(node: string): Promise<void>;
  /** What an administrator does about a lost node: deletes it, and Kubernetes forgets its Pods. */
  removeNode(node: string): Promise<void>;
  /** Nobody reaches the node and what runs on it, and it reaches nobody; it lives on. */
  cutNode(node: string): Promise<void>;
  healNode(node: string): Promise<void>;
  /** Pods of a namespace that are made while it is held stay Pending. */
  holdPods(namespace: string, isHeld: boolean): Promise<void>;
  /** All processes of the nodes of a namespace die at once, as in a power cut; Pods that ran are reported as Failed. */
  restartNodes(namespace: string): Promise<void>;

  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
}

/** Abilities of `needed` that a world lacks. */
export function missingAbilities(world: World, needed: readonly Ability[]): readonly Ability[] {
  return needed.filter((ability) => !world.abilities.has(ability));
}
