// Owns one question to a peer and its whole answer: bounded in time and size.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { concatBytes, utf8Text } from '../../base/bytes.ts';
import type { PeerConnector } from './peer-connector.ts';

export interface PeerQuestion {
  readonly url: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For everything together. */
  readonly timeoutMs: number;
  readonly dialTimeoutMs?: number;
  readonly answerBytesMax: number;
  readonly cancel?: AbortSignal;
}

export interface PeerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Rejects when there is no whole answer; a status that says no is an answer. */
export function askPeer(connector: PeerConnector, question: PeerQuestion): Promise<PeerAnswer> {
  const { url, path, method, body, timeoutMs } = question;
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { ...question.headers };
    if (body !== undefined) headers['Content-Length'] = String(body.length);
    const request = connector.open({
      url,
      path,
      method,
      headers,
      cancel: question.cancel,
      dialTimeoutMs: question.dialTimeoutMs ?? timeoutMs,
    });
    const timer = setTimeout(() => request.destroy(new Error('request timed out')), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    request.on('error', fail);
    request.on('response', (response) => {
      readAnswer(response, question.answerBytesMax).then((answer) => {
        clearTimeout(timer);
        resolve(answer);
      }, fail);
    });
    if (body === undefined) request.end();
    else request.end(body);
  });
}

/** Reads the whole body. Rejects when it is longer than `bytesMax` or cut off. */
export async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<PeerAnswer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response) {
    const part = chunk as Uint8Array;
    sizeBytes += part.length;
    if (sizeBytes > bytesMax) {
      response.destroy();
      throw new Error(`answer exceeds ${bytesMax} bytes`);
    }
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: concatBytes(parts) };
}

/** The body as text without the line end that Go adds. */
export function answerText(answer: PeerAnswer): string {
  return utf8Text(answer.body).replace(/\n$/, '');
}
