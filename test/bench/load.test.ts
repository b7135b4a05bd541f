// Goal: the load generator measures what it says: percentiles, requests a server understands, answers in any cut.
// Method: known values through the histogram, header blocks through the server's decoder, a connection against a small
// HTTP/2 server of Node. A failure means figures nobody should quote.

import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { call } from '../../bench/load/call.ts';
import { Connection } from '../../bench/load/connection.ts';
import { Keys, placeOf, Random } from '../../bench/load/keys.ts';
import { LatencyHistogram } from '../../bench/load/latency-histogram.ts';
import { RequestBlocks } from '../../bench/load/request-blocks.ts';
import { tableLines } from '../../bench/runner/markdown-table.ts';
import { figureOf } from '../../bench/runner/statistics.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import { HpackDecoder } from '../../server/http2/hpack-decoder.ts';

const servers: Http2Server[] = [];
const connections: Connection[] = [];

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers every message with itself, and with the status its path ends in. */
async function startEcho(): Promise<Connection> {
  const server = createServer();
  servers.push(server);
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const status = headers[':path']?.split('/').at(-1) ?? '';
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'grpc-status': status, 'grpc-message': 'as asked' });
      });
      stream.end(Buffer.concat(chunks));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const connection = await Connection.open(`127.0.0.1:${port}`);
  connections.push(connection);
  return connection;
}

describe('Connection', () => {
  it('gets answers of any size, many at once', async () => {
    const connection = await startEcho();
    const sizes = [0, 1, 100, 16_000, 70_000, 1_000_000, 3, 200_000];
    const messages = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
    const answers = await Promise.all(
      messages.map((message) => call(connection, '/service/0', message)),
    );
    for (const [i, answer] of answers.entries()) {
      expect(Buffer.from(answer).equals(messages[i] ?? new Uint8Array(0))).toBe(true);
    }
  });

  it('tells the status', async () => {
    const connection = await startEcho();
    await expect(call(connection, '/service/5', new Uint8Array(1))).rejects.toThrow(
      '/service/5 failed with status 5: as asked',
    );
    await call(connection, '/service/0', new Uint8Array(1));
  });

  it('ends its calls when the connection is lost', async () => {
    const connection = await startEcho();
    const failed = expect(call(connection, '/service/0', new Uint8Array(1))).rejects.toThrow('-1');
    connection.close();
    await failed;
  });
});

describe('RequestBlocks', () => {
  it('mean the same fields every time, in few bytes', () => {
    const blocks = new RequestBlocks('host:1');
    const decoder = new HpackDecoder(4096, 1e6);
    const sizes: number[] = [];
    for (const path of ['/a', '/b', '/a', '/b', '/c', '/a', '/a', '/c', '/c', '/b', '/b']) {
      const block = blocks.next(path);
      sizes.push(block.length);
      expect(decoder.decode(block, 0, block.length)).toBe(true);
      const fields = Object.fromEntries(decoder.entries.map(({ field }) => field));
      expect(fields).toEqual({
        ':method': 'POST',
        ':scheme': 'http',
        ':path': path,
        ':authority': 'host:1',
        'content-type': 'application/grpc',
        'user-agent': 'grpc-go/1.75.0',
        te: 'trailers',
      });
    }
    expect(sizes.at(-1)).toBe(7);
  });
});

describe('LatencyHistogram', () => {
  it('gives percentiles within one percent', () => {
    const histogram = new LatencyHistogram();
    for (let us = 1; us <= 100_000; us++) histogram.add(us);
    for (const share of [0.001, 0.5, 0.9, 0.99, 0.999]) {
      const exact = share * 100_000;
      expect(Math.abs(histogram.percentileUs(share) - exact)).toBeLessThan(0.01 * exact + 1);
    }
    expect(histogram.percentileUs(1)).toBe(100_000);
    expect(histogram.count).toBe(100_000);
    expect(histogram.meanUs).toBeCloseTo(50_000.5);
  });

  it('takes values beyond its range', () => {
    const histogram = new LatencyHistogram();
    histogram.add(1e12);
    histogram.add(-1);
    expect(histogram.maxUs).toBe(1e12);
    expect(histogram.percentileUs(0.1)).toBeLessThanOrEqual(1);
  });
});

describe('small parts', () => {
  it('write keys in place', () => {
    const keys = new Keys(16, 1000);
    const key = keys.make(0);
    keys.write(427, key, 0);
    expect(utf8Text(key)).toBe(`kkkkkk${'427'.padStart(10, '0')}`);
    expect(placeOf(Uint8Array.from([9, 9, ...key, 9]), key)).toBe(2);
    const random = new Random(1);
    const numbers = Array.from({ length: 1000 }, () => random.below(10));
    expect(new Set(numbers).size).toBe(10);
  });

  it('tell medians and spreads', () => {
    expect(figureOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(figureOf([4, 1])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  it('draw tables', () => {
    expect(tableLines(['left', 'right'], ['a', 'b'], [['long cell', '1']])).toEqual([
      '| a         |   b |',
      '| --------- | --: |',
      '| long cell |   1 |',
    ]);
  });
});
