// Owns the flags that every command of etcdctl has, and the client that they describe.
// etcd: etcdctl/ctlv3/command/global.go.

import { EtcdClient } from '../client/client.ts';
import { readTlsFiles, type TlsOptions } from '../client/tls.ts';
import type { Credentials } from '../client/token.ts';
import { discoverEndpoints } from './discovery.ts';
import { clientCall, fileErrorText } from './failure.ts';
import type { Invocation } from './line/command.ts';
import { setFromEnvironment } from './line/environment.ts';
import { badArgs, Exit, ExitError } from './line/exit-error.ts';
import type { FlagSpec } from './line/flag-set.ts';
import { askSecret, writeError } from './line/terminal.ts';
import { Display } from './print/display.ts';

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  text('endpoints', 'where members listen, separated by commas', '127.0.0.1:2379', 'list'),
  flag('debug', 'say on standard error what the flags are', 'false'),
  {
    name: 'write-out',
    short: 'w',
    kind: 'text',
    initial: 'simple',
    usage: 'how results are shown: simple, fields, json, protobuf or table',
  },
  flag('hex', 'show bytes and ids in hexadecimal', 'false'),
  text('dial-timeout', 'how long to wait for a connection', '2s', 'duration'),
  text('command-timeout', 'how long a short command may take', '5s', 'duration'),
  text('keepalive-time', 'ping a silent server after this', '2s', 'duration'),
  text('keepalive-timeout', 'give a silent server up after this', '6s', 'duration'),
  text('max-request-bytes', 'largest request; 0 means 2 MiB', '0', 'int'),
  text('max-recv-bytes', 'largest answer; 0 means 2 GiB', '0', 'int'),
  flag('insecure-transport', 'connect without TLS unless certificates are given', 'true'),
  flag('insecure-discovery', 'take endpoints without TLS from SRV records', 'true'),
  flag('insecure-skip-tls-verify', 'take any certificate of a server; only for tests', 'false'),
  text('cert', 'file with the certificate of this client'),
  text('key', 'file with the key of this client'),
  text('cacert', 'file with the authorities that vouch for servers'),
  text('auth-jwt-token', 'token that says who calls, instead of --user and --password'),
  text('user', 'who calls: name[:password]; a missing password is asked for'),
  text('password', 'password of the user; then --user is only a name'),
  {
    name: 'discovery-srv',
    short: 'd',
    kind: 'text',
    initial: '',
    usage: 'domain whose SRV records name the endpoints',
  },
  text('discovery-srv-name', 'suffix of the service in the SRV records'),
];

/** Servers cut off clients that ping more often than every 5 s. etcd: grpc-go raises shorter times to this one. */
const KEEP_ALIVE_TIME_MIN_MS = 10_000;

/** A client and what goes with it. The caller closes it. */
export interface Session {
  readonly client: EtcdClient;
  readonly display: Display;
  /** Bound of a short command. */
  readonly timeout: { readonly timeoutMs: number };
}

/** The client's settings without endpoints. */
export interface ClientSettings {
  readonly tls: TlsOptions | undefined;
  readonly credentials: Credentials | undefined;
  readonly keepAliveTimeMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly sendBytesMax: number | undefined;
  readonly receiveBytesMax: number | undefined;
}

/** Variables that a command reads itself. */
const OWN_VARIABLES = ['ETCDCTL_WATCH_KEY', 'ETCDCTL_WATCH_RANGE_END'];

/** Takes the environment in. Throws SilentExit when it contradicts the command line. */
export function applyEnvironment(invocation: Invocation): void {
  const { flags, inherited } = invocation;
  setFromEnvironment(flags, {
    prefix: 'ETCDCTL',
    names: inherited,
    environment: process.env,
    known: OWN_VARIABLES,
  });
  if (!flags.bool('debug')) return;
  for (const name of inherited) {
    const variable = `ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`;
    writeError(`${variable}=${flags.shown(name)}\n`);
  }
}

/** Reads environment and flags, and makes the client they ask for. */
export async function openSession(invocation: Invocation): Promise<Session> {
  applyEnvironment(invocation);
  const endpoints = await endpointsOf(invocation);
  const settings = await clientSettings(invocation);
  const display = new Display(invocation.flags);
  const client = openClient(settings, endpoints);
  // etcd: the client asks for its token before anything else, and a failure of that has its own exit code.
  const timeoutMs = invocation.flags.durationMs('dial-timeout');
  await clientCall(Exit.badConnection, () => client.authenticate({ timeoutMs }));
  return { client, display, timeout: timeoutOf(invocation) };
}

/** Runs `use` with a session and closes it. Failures of calls become "Error: ..." with exit code 1. */
export async function withSession(
  invocation: Invocation,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const session = await openSession(invocation);
  try {
    await clientCall(Exit.error, () => use(session));
  } finally {
    session.client.close();
  }
}

export function timeoutOf({ flags }: Invocation): { readonly timeoutMs: number } {
  return { timeoutMs: flags.durationMs('command-timeout') };
}

/** The endpoints of the flags, or those that the domain names. */
export async function endpointsOf({ flags }: Invocation): Promise<readonly string[]> {
  const domain = flags.text('discovery-srv');
  const discovered =
    domain === ''
      ? []
      : await discoverEndpoints({
          domain,
          serviceName: flags.text('discovery-srv-name'),
          insecure: flags.bool('insecure-discovery'),
        });
  return discovered.length > 0 ? discovered : flags.list('endpoints').map((one) => one.trim());
}

export async function clientSettings(invocation: Invocation): Promise<ClientSettings> {
  const { flags } = invocation;
  const sendBytesMax = flags.int('max-request-bytes');
  const receiveBytesMax = flags.int('max-recv-bytes');
  return {
    tls: tlsOf(invocation),
    credentials: await credentialsOf(invocation),
    keepAliveTimeMs: Math.max(flags.durationMs('keepalive-time'), KEEP_ALIVE_TIME_MIN_MS),
    keepAliveTimeoutMs: flags.durationMs('keepalive-timeout'),
    sendBytesMax: sendBytesMax > 0 ? sendBytesMax : undefined,
    receiveBytesMax: receiveBytesMax > 0 ? receiveBytesMax : undefined,
  };
}

/** Calls of this client wait for a member as long as they wait for an answer. */
export function openClient(settings: ClientSettings, endpoints: readonly string[]): EtcdClient {
  const { tls, credentials, sendBytesMax, receiveBytesMax } = settings;
  try {
    return new EtcdClient({
      endpoints,
      dialTimeoutMs: Number.POSITIVE_INFINITY,
      requestTimeoutMs: Number.POSITIVE_INFINITY,
      keepAliveTimeMs: settings.keepAliveTimeMs,
      keepAliveTimeoutMs: settings.keepAliveTimeoutMs,
      ...(tls === undefined ? {} : { tls }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(sendBytesMax === undefined ? {} : { sendBytesMax }),
      ...(receiveBytesMax === undefined ? {} : { receiveBytesMax }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(Exit.badConnection, reason, { cause: error });
  }
}

/** Certificates as files; `prefix` is "dest-" for those of the other cluster of make-mirror. */
export interface TlsFlagNames {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly insecure: string;
}

const TLS_FLAGS: TlsFlagNames = {
  cert: 'cert',
  key: 'key',
  ca: 'cacert',
  insecure: 'insecure-transport',
};

export function tlsOf(
  { flags }: Invocation,
  names: TlsFlagNames = TLS_FLAGS,
): TlsOptions | undefined {
  for (const name of [names.cert, names.key, names.ca]) {
    if (flags.text(name) === '' && flags.changed(name)) {
      throw badArgs(`empty string is passed to --${name} option`);
    }
  }
  const cert = flags.text(names.cert);
  const key = flags.text(names.key);
  const ca = flags.text(names.ca);
  if ((cert === '') !== (key === '')) {
    throw badArgs(`KeyFile and CertFile must both be present[key: ${key}, cert: ${cert}]`);
  }
  const skipVerify = flags.bool('insecure-skip-tls-verify');
  const files = { ...(cert === '' ? {} : { cert, key }), ...(ca === '' ? {} : { ca }) };
  const serverName = flags.bool('insecure-discovery') ? '' : flags.text('discovery-srv');
  const given = cert !== '' || ca !== '' || serverName !== '' || skipVerify;
  if (!given && flags.bool(names.insecure)) return undefined;
  return {
    ...readFiles(files),
    ...(skipVerify ? { skipVerify } : {}),
    ...(serverName === '' ? {} : { serverName }),
  };
}

function readFiles(files: Parameters<typeof readTlsFiles>[0]): TlsOptions {
  try {
    return readTlsFiles(files);
  } catch (error) {
    throw new ExitError(Exit.badArgs, fileErrorText(error), { cause: error });
  }
}

async function credentialsOf({ flags }: Invocation): Promise<Credentials | undefined> {
  const token = flags.text('auth-jwt-token');
  if (token !== '') return { token };
  return await userCredentials(flags.text('user'), flags.text('password'), 'Password: ');
}

/** `user` may carry its password; one that is missing is asked for. */
export async function userCredentials(
  user: string,
  password: string,
  question: string,
): Promise<Credentials | undefined> {
  if (user === '') return undefined;
  if (password !== '') return { user, password };
  const colon = user.indexOf(':');
  if (colon >= 0) return { user: user.slice(0, colon), password: user.slice(colon + 1) };
  return { user, password: await askSecret(question) };
}

function flag(name: string, usage: string, initial: 'true' | 'false'): FlagSpec {
  return { name, kind: 'bool', initial, usage };
}

function text(
  name: string,
  usage: string,
  initial: string = '',
  kind: FlagSpec['kind'] = 'text',
): FlagSpec {
  return { name, kind, initial, usage };
}
