// Owns the token of a user: fetched with name and password when first needed, and again after the server refused it.

import { isEtcdError } from '../server/base/errors.ts';
import {
  type AuthenticateRequest,
  decodeAuthenticateResponse,
  encodeAuthenticateRequest,
} from '../server/proto/gen/rpc.ts';
import { type CallOptions, type Method, writing } from './method.ts';

/** Who calls: a user with a password, or the bearer of a token made elsewhere (a JWT). */
export type Credentials =
  | { readonly user: string; readonly password: string }
  | { readonly token: string };

export interface TokenSource {
  /** The token to send, or undefined while the server has authentication switched off. */
  token(options?: CallOptions): Promise<string | undefined>;
  /** Drops the token; false when no other one can be had. */
  forget(): boolean;
}

const AUTHENTICATE = writing(
  '/etcdserverpb.Auth/Authenticate',
  encodeAuthenticateRequest,
  decodeAuthenticateResponse,
);

/** Makes the one call that needs no token. */
export type Authenticator = (
  method: Method<AuthenticateRequest, { readonly token: string }>,
  request: AuthenticateRequest,
  options: CallOptions,
) => Promise<{ readonly token: string }>;

export class PasswordTokens implements TokenSource {
  readonly #request: AuthenticateRequest;
  readonly #authenticate: Authenticator;
  #current: Promise<string | undefined> | undefined;

  constructor(request: AuthenticateRequest, authenticate: Authenticator) {
    this.#request = request;
    this.#authenticate = authenticate;
    this.#current = undefined;
  }

  token(options: CallOptions = {}): Promise<string | undefined> {
    this.#current ??= this.#fetch(options);
    return this.#current;
  }

  forget(): boolean {
    this.#current = undefined;
    return true;
  }

  async #fetch(options: CallOptions): Promise<string | undefined> {
    try {
      const { token } = await this.#authenticate(AUTHENTICATE, this.#request, options);
      return token;
    } catch (error) {
      // A client that is ready for authentication works before it is switched on.
      if (isEtcdError(error) && error.code === 'authNotEnabled') return undefined;
      this.#current = undefined;
      throw error;
    }
  }
}

export class FixedToken implements TokenSource {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  token(): Promise<string | undefined> {
    return Promise.resolve(this.#token);
  }

  forget(): boolean {
    return false;
  }
}
