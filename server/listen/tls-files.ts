// Owns the certificate files of one listener: what they held last and whether they have changed. etcd reads them at
// every handshake, so rotated certificates need no restart; here a handshake looks at the file times, and reads
// only what is new. A pair that does not load (half written) leaves the last good one in use.

import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { parseRevokedSerials } from './crl.ts';
import { TLS_FILES_CHECK_MS } from './limits.ts';
import { ListenError } from './listen-error.ts';
import { contextRules } from './tls-config.ts';
import type { TlsOptions } from './types.ts';

const NOTHING_REVOKED: ReadonlySet<string> = new Set();

export class TlsFiles {
  readonly #options: TlsOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #paths: readonly string[];
  #stamp: string;
  #checkedMs: number;
  #context: SecureContextOptions;
  #revoked: ReadonlySet<string>;

  /** Throws ListenError when the files do not make a usable pair. */
  constructor(options: TlsOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#paths = [
      options.certFile,
      options.keyFile,
      options.trustedCaFile,
      options.crlFile,
    ].filter((path) => path !== undefined && path !== '') as string[];
    this.#checkedMs = clock.monotonicMs();
    try {
      this.#stamp = this.#readStamp();
      this.#context = this.#readContext();
      this.#revoked = this.#readRevoked();
    } catch (cause) {
      if (cause instanceof ListenError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ListenError(`cannot load TLS files: ${reason}`, { cause });
    }
  }

  /** What a handshake starting now should use. */
  get context(): SecureContextOptions {
    return this.#context;
  }

  /** Serials of revoked certificates, upper-case hex without leading zeros. */
  get revoked(): ReadonlySet<string> {
    return this.#revoked;
  }

  /** Called before each handshake; true when `context` is new. */
  refresh(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#checkedMs < TLS_FILES_CHECK_MS) return false;
    this.#checkedMs = nowMs;
    try {
      const stamp = this.#readStamp();
      if (stamp === this.#stamp) return false;
      const context = this.#readContext();
      this.#revoked = this.#readRevoked();
      this.#context = context;
      this.#stamp = stamp;
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn('failed to reload TLS files, keeping those in use', { error: reason });
      return false;
    }
  }

  #readStamp(): string {
    let stamp = '';
    for (const path of this.#paths) {
      const stat = statSync(path, { bigint: true });
      stamp += `${stat.ino}:${stat.mtimeNs}:${stat.size};`;
    }
    return stamp;
  }

  #readContext(): SecureContextOptions {
    const { certFile, keyFile, trustedCaFile } = this.#options;
    const context: SecureContextOptions = {
      ...contextRules(this.#options),
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
    };
    if (trustedCaFile !== undefined && trustedCaFile !== '') {
      context.ca = readFileSync(trustedCaFile);
    }
    // Throws when the parts do not fit each other.
    createSecureContext(context);
    return context;
  }

  #readRevoked(): ReadonlySet<string> {
    const path = this.#options.crlFile;
    if (path === undefined || path === '') return NOTHING_REVOKED;
    return parseRevokedSerials(readFileSync(path));
  }
}
