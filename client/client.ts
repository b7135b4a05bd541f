// Owns putting the client together: one pool of connections, and one object per part of etcd's API over it.
import { Auth } from './auth.ts';
import { Caller } from './caller.ts';
import { Cluster } from './cluster.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Kv } from './kv.ts';
import { Leases } from './lease.ts';
import { DIAL_TIMEOUT_MS, REQUEST_TIMEOUT_MS, SEND_BYTES_MAX } from './limits.ts';
import { Maintenance } from './maintenance.ts';
import type { CallOptions } from './method.ts';
import type { TlsOptions } from './tls.ts';
import { type Credentials, FixedToken, PasswordTokens, type TokenSource } from './token.ts';
import { Watches } from './watch.ts';

export interface ClientOptions {
  /** `host:port`, `http://`, `https://`, `unix://` or `unixs://`; calls go to these in turn. */
  readonly endpoints: readonly string[];
  /** Needed for endpoints without a scheme to use TLS, and for certificates of ours. */
  readonly tls?: TlsOptions;
  readonly credentials?: Credentials;
  /** How long a call waits for a connected member. */
  readonly dialTimeoutMs?: number;
  /** How long a call waits in all, unless it says otherwise. */
  readonly requestTimeoutMs?: number;
  /** Pings a silent server after this time. Servers cut off clients that ping more often than every 5 s. */
  readonly keepAliveTimeMs?: number;
  readonly keepAliveTimeoutMs?: number;
  readonly sendBytesMax?: number;
  readonly receiveBytesMax?: number;
}

export class EtcdClient implements AsyncDisposable {
  readonly kv: Kv;
  readonly watches: Watches;
  readonly leases: Leases;
  readonly cluster: Cluster;
  readonly maintenance: Maintenance;
  readonly auth: Auth;
  readonly #pool: ConnectionPool;
  readonly #tokens: TokenSource | undefined;

  /** Connects when first used. Throws ClientError for bad endpoints. */
  constructor(options: ClientOptions) {
    const { tls, keepAliveTimeMs, keepAliveTimeoutMs, receiveBytesMax } = options;
    const sendBytesMax = options.sendBytesMax ?? SEND_BYTES_MAX;
    this.#pool = new ConnectionPool(options.endpoints, {
      tls,
      keepAliveTimeMs,
      keepAliveTimeoutMs,
      sendBytesMax,
      receiveBytesMax,
    });
    const timeouts = {
      dialTimeoutMs: options.dialTimeoutMs ?? DIAL_TIMEOUT_MS,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    };
    const nobody = new Caller(this.#pool, timeouts, undefined);
    const tokens = tokenSource(options.credentials, nobody);
    this.#tokens = tokens;
    const caller = new Caller(this.#pool, timeouts, tokens);
    this.kv = new Kv(caller);
    this.watches = new Watches(caller);
    this.leases = new Leases(caller);
    this.cluster = new Cluster(caller);
    this.maintenance = new Maintenance(caller);
    this.auth = new Auth(caller);
  }

  get endpoints(): readonly string[] {
    return this.#pool.endpoints;
  }

  /** Calls go to these from now on; those under way at members that are not among them are cut. */
  setEndpoints(endpoints: readonly string[]): void {
    this.#pool.setEndpoints(endpoints);
  }

  /** Takes the endpoints that the members themselves advertise; members that have not started have none. */
  async syncEndpoints(): Promise<readonly string[]> {
    const { members } = await this.cluster.memberList();
    const endpoints = members
      .filter((member) => !member.isLearner)
      .flatMap((member) => member.clientUrls);
    if (endpoints.length > 0) this.setEndpoints(endpoints);
    return this.endpoints;
  }

  /** Fetches the user's token now rather than with the first call. Nothing without credentials. */
  async authenticate(options: CallOptions = {}): Promise<void> {
    await this.#tokens?.token(options);
  }

  /** Cuts all calls and closes all connections. Leases are left to run out. */
  close(): void {
    this.leases.close();
    this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

function tokenSource(
  credentials: Credentials | undefined,
  nobody: Caller,
): TokenSource | undefined {
  if (credentials === undefined) return undefined;
  if ('token' in credentials) return new FixedToken(credentials.token);
  const { user: name, password } = credentials;
  return new PasswordTokens({ name, password }, (method, request, callOptions) =>
    nobody.unary(method, request, callOptions),
  );
}
