// Owns the world of any cluster that KUBECONFIG leads to: the operator is the one that is installed there, members are
// reached through the API server, and nothing is done that a user of the cluster could not do.
import { openConnection } from '../../../operator/kube/connection.ts';
import { recordAt, textAt } from '../../../operator/kube/decode.ts';
import { Rest } from '../../../operator/kube/rest.ts';
import { IMAGE_REPOSITORY } from '../../../scripts/image/image-config.ts';
import { Kube } from '../kube.ts';
import { PodDirectory } from '../pod-directory.ts';
import { until } from '../until.ts';
import type { Ability, MemberRef, OperatorHandle, World } from '../world.ts';
import { InstalledOperator, removeObject } from './installed-operator.ts';
import { PortForwards } from './port-forwards.ts';

const MEMBERS = '/api/v1/pods?labelSelector=etcd-ts.io%2Fcluster';
const REMOVED_MS = 120_000;

type NotPossible = () => Promise<never>;

export class KubeconfigWorld implements World {
  readonly title = 'kubeconfig';
  readonly abilities: ReadonlySet<Ability> = new Set<Ability>(['operator']);
  readonly shared: ReadonlySet<Ability> = new Set<Ability>();
  readonly images: World['images'] = {
    usual: { repository: repository() },
    // The same files by another name: the archive of `npm run image` has both.
    other: { repository: repository(), tag: 'v0.1.0' },
    missing: { repository: repository(), tag: 'missing' },
  };
  readonly kube: Kube;
  readonly version: string;
  readonly operator: InstalledOperator;
  readonly #pods: PodDirectory;
  readonly #ways: PortForwards;

  private constructor(options: {
    readonly kube: Kube;
    readonly version: string;
    readonly operator: InstalledOperator;
    readonly folder: string;
  }) {
    this.kube = options.kube;
    this.version = options.version;
    this.operator = options.operator;
    this.#pods = new PodDirectory(options.kube, MEMBERS);
    this.#ways = new PortForwards(options.folder);
  }

  /** `folder` keeps the logs. Installs the operator where there is none. */
  static async start(folder: string): Promise<KubeconfigWorld> {
    const kube = new Kube(new Rest(openConnection()));
    const version = textAt(await kube.get('/version'), 'gitVersion') ?? '';
    const operator = await InstalledOperator.findOrInstall(kube);
    const world = new KubeconfigWorld({ kube, version, operator, folder });
    world.#pods.start();
    return world;
  }

  async stop(): Promise<void> {
    await this.#pods.stop();
    await this.operator.remove();
  }

  /** What an earlier run has left in a namespace of this name goes first. */
  async addNamespace(namespace: string): Promise<void> {
    await this.removeNamespace(namespace);
    await this.kube.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
  }

  /** Finalizers need the operator, so clusters go first. */
  async removeNamespace(namespace: string): Promise<void> {
    const clusters = `/apis/etcd-ts.io/v1alpha1/namespaces/${namespace}/etcdclusters`;
    await until(
      `no cluster is left in ${namespace}`,
      async () => {
        const left = await this.kube.list(clusters);
        for (const cluster of left) {
          await this.kube.delete(`${clusters}/${textAt(recordAt(cluster, 'metadata'), 'name')}`);
        }
        return left.length === 0 || undefined;
      },
      REMOVED_MS,
    );
    await this.#ways.closeAll(namespace);
    await removeObject(this.kube, `/api/v1/namespaces/${namespace}`, REMOVED_MS);
  }

  startOperator(): Promise<OperatorHandle> {
    return Promise.resolve(this.operator);
  }

  clientUrl(member: MemberRef): string | undefined {
    const pod = this.#pods.running(member.namespace, member.name);
    const uid = textAt(recordAt(pod, 'metadata'), 'uid');
    return uid === undefined ? undefined : this.#ways.urlOf(member, uid);
  }

  noteSilence(member: MemberRef, url: string): void {
    this.#ways.giveUp(member, url);
  }

  async nodeOf({ namespace, name }: MemberRef): Promise<string> {
    const pod = await this.kube.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
    return textAt(recordAt(pod, 'spec'), 'nodeName') ?? '';
  }

  readonly killMember: NotPossible = notPossible;
  readonly crashLoop: NotPossible = notPossible;
  readonly mend: NotPossible = notPossible;
  readonly blankVolume: NotPossible = notPossible;
  readonly corruptData: NotPossible = notPossible;
  readonly plantStranger: NotPossible = notPossible;
  readonly loseNode: NotPossible = notPossible;
  readonly removeNode: NotPossible = notPossible;
  readonly cutNode: NotPossible = notPossible;
  readonly healNode: NotPossible = notPossible;
  readonly holdPods: NotPossible = notPossible;
  readonly restartNodes: NotPossible = notPossible;
  readonly stopApiServer: NotPossible = notPossible;
  readonly startApiServer: NotPossible = notPossible;
}

function notPossible(): Promise<never> {
  return Promise.reject(new Error('nobody has power over the machines of this cluster'));
}

/** Where the cluster has the members' image from. */
function repository(): string {
  return process.env['ETCD_TS_REPOSITORY'] ?? IMAGE_REPOSITORY;
}
