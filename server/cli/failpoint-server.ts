// Owns setting failpoints from outside, by gofail's protocol on GOFAIL_HTTP: GET / lists them, GET /name reads one, PUT
// /name sets one, DELETE /name clears it. Only tests use it; it is off unless the variable is set.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FAILPOINTS, type Failpoint } from '../base/failpoint.ts';
import type { Logger } from '../base/logger.ts';

/** Terms are a line. */
const TERMS_BYTES_MAX = 4096;

/** What a lone member of etcd 3.5 passes. */
const RAFT_BEFORE_SAVE_35 = 'raftBeforeSaveWaitWalSync';

/** Text that is no terms of gofail's, or terms that have no meaning here. */
class TermsError extends Error {
  override readonly name: string = 'TermsError';
}

/** Listens on `address` (host:port) and sets what `initial` (name=terms;...) asks for. */
export function openFailpointServer(
  address: string,
  initial: string,
  logger: Logger,
): Promise<Server> {
  for (const part of initial.split(';')) {
    const separator = part.indexOf('=');
    const point = maybeFailpoint(part.slice(0, separator));
    if (separator > 0 && point !== undefined) setTerms(point, part.slice(separator + 1), logger);
  }
  const server = createServer((request, response) => {
    answer(request, response, logger).catch((error: unknown) => {
      response.writeHead(error instanceof TermsError ? 400 : 500);
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  const separator = address.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(separator + 1)), address.slice(0, separator), () =>
      resolve(server),
    );
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
  const name = (request.url ?? '/').slice(1);
  if (name === '' && request.method === 'GET') {
    const lines = Object.values(FAILPOINTS).map((point) => `${point.name}=${point.terms}\n`);
    response.end(lines.sort().join(''));
    return;
  }
  const point = maybeFailpoint(name);
  if (point === undefined) {
    response.writeHead(404);
    response.end('failpoint: failpoint does not exist\n');
    return;
  }
  switch (request.method) {
    case 'GET':
      response.end(`${point.terms}\n`);
      return;
    case 'PUT':
      setTerms(point, await readTerms(request), logger);
      break;
    case 'DELETE':
      clear(point);
      break;
    default:
      response.writeHead(405);
      response.end();
      return;
  }
  response.writeHead(204);
  response.end();
}

/** Names may have the package in front, as gofail's have: go.etcd.io/etcd/server/v3/etcdserver/raftBeforeSave. */
function maybeFailpoint(name: string): Failpoint | undefined {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const wanted = last === RAFT_BEFORE_SAVE_35 ? FAILPOINTS.raftBeforeSave.name : last;
  return Object.values(FAILPOINTS).find((point) => point.name === wanted);
}

async function readTerms(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > TERMS_BYTES_MAX) throw new TermsError('terms are too long');
  }
  return text.trim();
}

/** One term: an optional count or share, then what to do. */
const TERM = /^(?:(\d+(?:\.\d+)?)%|(\d+)\*)?(off|panic|sleep)(?:\((.*)\))?$/;

function setTerms(point: Failpoint, text: string, logger: Logger): void {
  const match = TERM.exec(text);
  if (match === null) throw new TermsError(`failpoint: could not parse terms: ${text}`);
  const [, share, count, act = 'off', argument = ''] = match;
  let left = count === undefined ? Number.POSITIVE_INFINITY : Number(count);
  const probability = share === undefined ? 1 : Number(share) / 100;
  const run = act === 'off' ? undefined : actionOf(act, point, argument, logger);
  clear(point);
  point.terms = text;
  if (run === undefined) return;
  point.action = (resume) => {
    if (left <= 0 || Math.random() >= probability) return false;
    left--;
    return run(resume);
  };
}

/** Throws TermsError. */
function actionOf(
  act: string,
  point: Failpoint,
  argument: string,
  logger: Logger,
): (resume?: () => void) => boolean {
  return act === 'panic' ? () => crash(point, logger) : sleeper(point, argument);
}

/** What sleeps there goes on at once. */
function clear(point: Failpoint): void {
  point.action = undefined;
  point.terms = '';
  const sleepers = SLEEPERS.get(point) ?? [];
  SLEEPERS.delete(point);
  for (const wake of sleepers) wake();
}

/** Who sleeps where. */
const SLEEPERS: Map<Failpoint, Set<() => void>> = new Map();

/** etcd's tests expect the process to be gone without any of its shutdown, with the exit code of a Go panic. */
function crash(point: Failpoint, logger: Logger): never {
  logger.fatal('failpoint panic', { failpoint: point.name });
  process.exit(2);
}

/** Holds what passes where that is possible; elsewhere it blocks the whole member, which has one thread, and this server
 *  too. Milliseconds, or a Go duration in quotes. */
function sleeper(point: Failpoint, argument: string): (resume?: () => void) => boolean {
  const match = /^"?(\d+)(ms|s)?"?$/.exec(argument);
  if (match === null) throw new TermsError(`failpoint: bad argument for sleep: ${argument}`);
  const sleepMs = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return (resume) => {
    if (resume === undefined) Atomics.wait(cell, 0, 0, sleepMs);
    else sleep(point, sleepMs, resume);
    return resume !== undefined;
  };
}

function sleep(point: Failpoint, sleepMs: number, resume: () => void): void {
  const sleepers = SLEEPERS.get(point) ?? new Set();
  SLEEPERS.set(point, sleepers);
  const wake = (): void => {
    clearTimeout(timer);
    sleepers.delete(wake);
    resume();
  };
  const timer = setTimeout(wake, sleepMs);
  sleepers.add(wake);
}
