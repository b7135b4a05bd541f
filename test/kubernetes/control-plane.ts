// Owns a kube-apiserver without nodes whose storage is our server: KUBEBUILDER_ASSETS (envtest's convention), or what
// build-kubernetes.sh made.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { ROOT, SERVER_BIN } from '../support/paths.ts';
import { Process, type Start } from './processes.ts';
import { until } from './until.ts';

const ADMIN_TOKEN = 'admin-token';
const ADMIN = `${ADMIN_TOKEN},admin,admin,"system:masters"`;
/** The operator comes as its service account, with the rights that manifests/operator.yaml gives it, and no others. */
const OPERATOR_TOKEN = 'operator-token';
const OPERATOR_USER = 'system:serviceaccount:etcd-ts-system:etcd-ts-operator';

/** The same in its own namespace, with the rights of manifests/namespaced/operator.yaml. */
const TEAM_TOKEN = 'team-token';
const TEAM_USER = 'system:serviceaccount:etcd-ts:etcd-ts-operator';

export interface ControlPlane {
  /** The administrator's. */
  readonly kubeconfig: string;
  readonly operatorKubeconfig: string;
  readonly teamKubeconfig: string;
  /** The version of Kubernetes, "v1.20.2". */
  readonly version: string;
  /** Kills the API server. Its storage goes on. */
  readonly stopServer: () => Promise<void>;
  readonly startServer: () => Promise<void>;
}

/** Where kube-apiserver is; undefined when it was not built. */
export function findAssets(): string | undefined {
  const given = process.env['KUBEBUILDER_ASSETS'];
  const places = [
    ...(given === undefined ? [] : [resolve(given)]),
    join(ROOT, '.cache/kubernetes/bin'),
  ];
  return places.find((place) => existsSync(join(place, 'kube-apiserver')));
}

export async function startControlPlane(assets: string, folder: string): Promise<ControlPlane> {
  const [clientPort, peerPort, securePort] = await freePorts(3);
  startStorage(folder, clientPort, peerPort);
  const certificates = join(folder, 'certificates');
  mkdirSync(certificates, { recursive: true });
  const files = writeKeys(folder, [
    `${OPERATOR_TOKEN},${OPERATOR_USER},operator,"system:serviceaccounts,system:serviceaccounts:etcd-ts-system"`,
    `${TEAM_TOKEN},${TEAM_USER},team,"system:serviceaccounts,system:serviceaccounts:etcd-ts"`,
  ]);
  const start: Start = {
    name: 'kube-apiserver',
    command: join(assets, 'kube-apiserver'),
    logFile: join(folder, 'kube-apiserver.log'),
    args: [
      `--etcd-servers=http://127.0.0.1:${clientPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--secure-port=${securePort}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${files.tokens}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${files.publicKey}`,
      `--service-account-signing-key-file=${files.privateKey}`,
      // Without a controller manager nobody makes service accounts or lets claims go.
      '--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection',
    ],
  };
  let apiserver = new Process(start);
  const url = `https://127.0.0.1:${securePort}`;
  const ca = join(certificates, 'apiserver.crt');
  await until('the API server has a certificate', () => existsSync(ca) || undefined);
  const kubeconfig = writeKubeconfig(join(folder, 'admin.json'), {
    server: url,
    ca,
    token: ADMIN_TOKEN,
  });
  const operatorKubeconfig = writeKubeconfig(join(folder, 'operator.json'), {
    server: url,
    ca,
    token: OPERATOR_TOKEN,
  });
  const teamKubeconfig = writeKubeconfig(join(folder, 'team.json'), {
    server: url,
    ca,
    token: TEAM_TOKEN,
  });
  const ready = (): Promise<string> =>
    until('the API server is ready', () => readVersion(url, ca), 90_000);
  const version = await ready();
  return {
    kubeconfig,
    operatorKubeconfig,
    teamKubeconfig,
    version,
    stopServer: async () => {
      await apiserver.stop('SIGKILL');
    },
    startServer: async () => {
      apiserver = new Process(start);
      await ready();
    },
  };
}

/** Our server, for the API server's objects. */
export function startStorage(folder: string, clientPort: number, peerPort: number): Process {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return new Process({
    name: 'etcd',
    command: SERVER_BIN,
    logFile: join(folder, 'etcd.log'),
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ],
  });
}

/** `users` are lines of a token file, beside the administrator's. */
export function writeKeys(
  folder: string,
  users: readonly string[],
): { readonly tokens: string; readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const files = {
    tokens: join(folder, 'tokens.csv'),
    publicKey: join(folder, 'sa.pub'),
    privateKey: join(folder, 'sa.key'),
  };
  writeFileSync(files.tokens, `${[ADMIN, ...users].join('\n')}\n`);
  writeFileSync(files.publicKey, publicKey);
  writeFileSync(files.privateKey, privateKey, { mode: 0o600 });
  return files;
}

export function writeKubeconfig(
  path: string,
  { server, ca, token }: { readonly server: string; readonly ca: string; readonly token: string },
): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'user' } }],
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'user', user: { token } }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** Of a server that is ready; undefined while it is not. */
export async function readVersion(url: string, ca: string): Promise<string | undefined> {
  const { request } = await import('node:https');
  const get = (path: string): Promise<string> =>
    new Promise((done, reject) => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      const sent = request(`${url}${path}`, { ca: readFileSync(ca), headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => done(answer.statusCode === 200 ? text : ''));
      });
      sent.on('error', reject);
      sent.end();
    });
  if ((await get('/readyz')) !== 'ok') return undefined;
  return /"gitVersion":\s*"([^"]+)"/.exec(await get('/version'))?.[1];
}

export async function freePorts(count: number): Promise<[number, number, number]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (typeof address === 'object' && address !== null) ports.push(address.port);
  }
  for (const server of servers) server.close();
  const [a = 0, b = 0, c = 0] = ports;
  return [a, b, c];
}
