// Owns what the listener tests share: a logger that remembers, an HTTP handler that tells what it was asked, requests
// over every protocol, and temporary folders.

import { mkdtempSync, rmSync } from 'node:fs';
import { request as request1 } from 'node:http';
import { connect as connect2, type SecureClientSessionOptions } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields, Logger } from '../../../server/base/logger.ts';
import type { HttpHandler } from '../../../server/http/types.ts';

export const FIXTURES: string = new URL('../../fixtures/tls/', import.meta.url).pathname;

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger whose lines can be looked at. */
export function memoryLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return {
    lines,
    logger: {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      fatal: at('fatal'),
    },
  };
}

/** Answers every request with what it saw, as JSON; /stream answers in parts, /empty with 204,
 * /throw not at all. */
export const TELLING_HANDLER: HttpHandler = (request, respond) => {
  if (request.path === '/empty') {
    respond({ status: 204, headers: {}, body: '' });
    return;
  }
  if (request.path === '/throw') throw new Error('thrown by the handler');
  if (request.path === '/stream') {
    respond({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: {
        start: (sink) => {
          sink.write('one,');
          setImmediate(() => {
            sink.write('two');
            sink.end();
          });
        },
        onDrain: () => undefined,
        onAborted: () => undefined,
      },
    });
    return;
  }
  const { method, path, headers, secure, clientCommonName } = request;
  const query = Object.fromEntries(request.query);
  const host = headers['host'];
  const body = Buffer.from(request.body).toString('base64');
  respond({
    status: 200,
    headers: { 'Content-Type': 'application/json', 'X-Test': 'seen' },
    body: JSON.stringify({ method, path, query, host, body, secure, clientCommonName }),
  });
};

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

/** One HTTP/1.1 request; `target` of a unix socket is {socketPath}. */
export function askHttp1(
  target: { readonly port: number } | { readonly socketPath: string },
  path: string,
  options: AskOptions = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = request1(
      {
        host: '127.0.0.1',
        ...target,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: false,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          body += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(options.body);
  });
}

/** One HTTP/2 request on a connection of its own. */
export function askHttp2(
  url: string,
  path: string,
  options: AskOptions = {},
  session: SecureClientSessionOptions = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const client = connect2(url, session);
    client.on('error', reject);
    const stream = client.request({
      ':path': path,
      ':method': options.method ?? 'GET',
      ...options.headers,
    });
    let body = '';
    let headers: Record<string, unknown> = {};
    stream.setEncoding('utf8');
    stream.on('response', (fields) => {
      headers = fields;
    });
    stream.on('data', (part: string) => {
      body += part;
    });
    stream.on('end', () => {
      client.close();
      resolve({ status: Number(headers[':status']), headers, body });
    });
    stream.on('error', reject);
    stream.end(options.body);
  });
}

/** Port of a listener's URL. */
export function portOf(url: string | undefined): number {
  return Number(new URL(url ?? '').port);
}

/** A folder for one test, removed by `remove`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'etcd-ts-listen-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
