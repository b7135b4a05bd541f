// Goal: no request waits for ever, and each ends with its signal. Method: a server that never answers, and credentials that
// never come. A failure means an operator that hangs on something outside of it.
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, plainConnection } from '../../../operator/kube/connection.ts';
import { Rest } from '../../../operator/kube/rest.ts';

const GET = { method: 'GET', path: '/apis' } as const;

let server: Server;
let connection: Connection;
/** Fulfilled when the next request has come in. */
let heard: () => Promise<void>;

beforeAll(async () => {
  let hear = (): void => {};
  heard = () => new Promise((resolve) => (hear = resolve));
  server = createServer(() => hear());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  connection = plainConnection(`http://127.0.0.1:${port}`);
});

afterAll(() => {
  connection.close();
  server.closeAllConnections();
  server.close();
});

it('a request without an answer ends with its deadline', async () => {
  const asked = new Rest(connection).request({ ...GET, timeoutMs: 50 });
  await expect(asked).rejects.toThrow('no answer within 50 ms');
});

it('a request under way is cancelled by its signal', async () => {
  const stop = new AbortController();
  const coming = heard();
  const asked = new Rest(connection).request({ ...GET, signal: stop.signal });
  await coming;
  stop.abort();
  await expect(asked).rejects.toThrow('abort');
});

it('credentials that never come end with the deadline', async () => {
  const requestOptions = (): Promise<never> => new Promise(() => {});
  const rest = new Rest({ ...connection, requestOptions });
  await expect(rest.request({ ...GET, timeoutMs: 50 })).rejects.toThrow('no answer within 50 ms');
});
