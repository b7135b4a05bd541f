// Owns the control plane of the nodes: our server as storage, kube-apiserver on the bridge, controller manager, scheduler.
// Everybody comes with a token of their own, and with the rights Kubernetes gives to their kind.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePorts,
  readVersion,
  startStorage,
  writeKeys,
  writeKubeconfig,
} from '../control-plane.ts';
import { Process, type Start } from '../processes.ts';
import { until } from '../until.ts';
import type { NodeAccess } from './node-machine.ts';
import { API_PORT, HOST_ADDRESS, SERVICE_RANGE } from './plan.ts';

/** A node that says nothing for so long is NotReady; Kubernetes' own default is 40 s. */
const GRACE_SECONDS = 8;

const URL_OF_SERVER = `https://${HOST_ADDRESS}:${API_PORT}`;

export interface NodesControlPlane {
  /** The administrator's. */
  readonly kubeconfig: string;
  readonly version: string;
  readonly accessOf: (node: string) => NodeAccess;
  /** Kills the API server. Its storage goes on. */
  readonly stopServer: () => Promise<void>;
  readonly startServer: () => Promise<void>;
  /** Ends all of it, storage last. */
  readonly stop: () => Promise<void>;
}

interface Places {
  readonly assets: string;
  readonly folder: string;
  readonly ca: string;
}

export async function startNodesControlPlane(
  assets: string,
  folder: string,
  nodes: readonly string[],
): Promise<NodesControlPlane> {
  const certificates = join(folder, 'certificates');
  mkdirSync(certificates, { recursive: true });
  const keys = writeKeys(folder, [
    'controllers-token,system:kube-controller-manager,controllers',
    'scheduler-token,system:kube-scheduler,scheduler',
    'proxy-token,system:kube-proxy,proxy',
    ...nodes.map((node) => `${node}-token,system:node:${node},${node},"system:nodes"`),
  ]);
  const [clientPort, peerPort] = await freePorts(2);
  const storage = startStorage(folder, clientPort, peerPort);
  const start = serverStart({ assets, folder, certificates, keys, clientPort });
  let server = new Process(start);
  const ca = join(certificates, 'apiserver.crt');
  await until('the API server has a certificate', () => existsSync(ca) || undefined);
  const ready = (): Promise<string> =>
    until('the API server is ready', () => readVersion(URL_OF_SERVER, ca), 120_000);
  const version = await ready();
  const places = { assets, folder, ca };
  const clients = [startControllers(places, keys.privateKey), startScheduler(places)];
  return {
    kubeconfig: access(places, 'admin'),
    version,
    accessOf: (node) => ({ ca, kubeletToken: `${node}-token`, proxyToken: 'proxy-token' }),
    stopServer: async () => {
      await server.stop('SIGKILL');
    },
    startServer: async () => {
      server = new Process(start);
      await ready();
    },
    stop: async () => {
      await Promise.all([...clients, server].map((each) => each.stop('SIGKILL')));
      await storage.stop();
    },
  };
}

function serverStart(options: {
  readonly assets: string;
  readonly folder: string;
  readonly certificates: string;
  readonly keys: {
    readonly tokens: string;
    readonly publicKey: string;
    readonly privateKey: string;
  };
  readonly clientPort: number;
}): Start {
  const { assets, folder, certificates, keys, clientPort } = options;
  return {
    name: 'kube-apiserver',
    command: join(assets, 'kube-apiserver'),
    logFile: join(folder, 'kube-apiserver.log'),
    args: [
      `--etcd-servers=http://127.0.0.1:${clientPort}`,
      `--bind-address=${HOST_ADDRESS}`,
      `--advertise-address=${HOST_ADDRESS}`,
      `--secure-port=${API_PORT}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${keys.tokens}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged',
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${keys.publicKey}`,
      `--service-account-signing-key-file=${keys.privateKey}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
  };
}

function startControllers(places: Places, privateKey: string): Process {
  return start(places, 'kube-controller-manager', [
    `--kubeconfig=${access(places, 'controllers')}`,
    '--use-service-account-credentials',
    `--service-account-private-key-file=${privateKey}`,
    `--root-ca-file=${places.ca}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--bind-address=127.0.0.1',
    '--port=0',
    '--secure-port=0',
    '--leader-elect=false',
    `--node-monitor-grace-period=${GRACE_SECONDS}s`,
    '--node-monitor-period=2s',
    // A cluster of three evicts nothing for a long time after a third of it is gone.
    '--node-eviction-rate=10',
    '--secondary-node-eviction-rate=10',
  ]);
}

function startScheduler(places: Places): Process {
  return start(places, 'kube-scheduler', [
    `--kubeconfig=${access(places, 'scheduler')}`,
    '--bind-address=127.0.0.1',
    '--port=0',
    '--secure-port=0',
    '--leader-elect=false',
  ]);
}

function start({ assets, folder }: Places, name: string, args: readonly string[]): Process {
  const logFile = join(folder, `${name}.log`);
  return new Process({ name, command: join(assets, name), args, logFile });
}

function access({ folder, ca }: Places, who: string): string {
  const path = join(folder, `${who}.json`);
  return writeKubeconfig(path, { server: URL_OF_SERVER, ca, token: `${who}-token` });
}
