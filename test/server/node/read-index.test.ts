// Goal: a read is served only when its index is confirmed and applied, together with the others of its turn, and never
// waits for ever. Method: the queue alone over a fake raft. A failure means stale reads, or reads that hang.
import { beforeEach, describe, expect, it } from 'vitest';
import { EtcdError } from '../../../server/base/errors.ts';
import { READ_INDEX_RETRY_MS } from '../../../server/node/limits.ts';
import { ReadIndexQueue } from '../../../server/node/read-index.ts';

const TIMEOUT_MS = 7000;

let asked: Uint8Array[];
let applied: number;
let served: string[];
let counted: string[];
let queue: ReadIndexQueue;

beforeEach(() => {
  asked = [];
  applied = 0;
  served = [];
  counted = [];
  let next = 0;
  queue = new ReadIndexQueue(
    {
      nextContext: () => Uint8Array.of(0, 0, 0, 0, 0, 0, 0xff, ++next),
      readIndex: (context) => {
        asked.push(context);
      },
      appliedIndex: () => applied,
      onSlow: () => counted.push('slow'),
      onFailed: () => counted.push('failed'),
    },
    TIMEOUT_MS,
  );
});

function read(name: string): void {
  queue.add({
    onReadable: (error) => served.push(error === undefined ? name : `${name} ${error.code}`),
  });
}

/** Raft answers the question with this number, counted from 0. */
function answer(question: number, index: number): void {
  queue.answered([{ context: asked[question] ?? new Uint8Array(0), index }]);
}

describe('a turn', () => {
  it('asks once for all reads of it', () => {
    read('a');
    read('b');
    expect(queue.hasArrived).toBe(true);
    queue.ask(0);
    expect(asked).toHaveLength(1);
    expect(queue.hasArrived).toBe(false);
    queue.ask(0);
    expect(asked).toHaveLength(1);
    read('c');
    queue.ask(1);
    expect(asked).toHaveLength(2);
    expect(queue.pendingCount).toBe(3);
  });

  it('serves after the answer and after the apply, whichever is later', () => {
    read('a');
    queue.ask(0);
    applied = 4;
    queue.serve();
    expect(served).toEqual([]);
    answer(0, 5);
    queue.serve();
    expect(served).toEqual([]);
    applied = 5;
    queue.serve();
    expect(served).toEqual(['a']);
    expect(queue.pendingCount).toBe(0);
    queue.serve();
    expect(served).toEqual(['a']);
  });

  it('serves batches in the order asked when several are due', () => {
    for (const name of ['a', 'b', 'c']) {
      read(name);
      queue.ask(0);
    }
    answer(2, 9);
    answer(0, 1);
    answer(1, 2);
    applied = 2;
    queue.serve();
    expect(served).toEqual(['a', 'b']);
    applied = 9;
    queue.serve();
    expect(served).toEqual(['a', 'b', 'c']);
  });

  it('does not take the answer to another question', () => {
    read('a');
    queue.ask(0);
    queue.answered([{ context: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), index: 1 }]);
    applied = 10;
    queue.serve();
    expect(served).toEqual([]);
  });

  it('keeps the first answer of a batch', () => {
    read('a');
    queue.ask(0);
    answer(0, 3);
    answer(0, 8);
    applied = 3;
    queue.serve();
    expect(served).toEqual(['a']);
  });
});

describe('asking again', () => {
  it('happens after the retry time, with one question for all, and any answer counts', () => {
    read('a');
    queue.ask(0);
    read('b');
    queue.ask(1);
    queue.tick(READ_INDEX_RETRY_MS - 1);
    expect(asked).toHaveLength(2);
    queue.tick(READ_INDEX_RETRY_MS + 1);
    expect(asked).toHaveLength(3);
    answer(2, 1);
    applied = 1;
    queue.serve();
    expect(served).toEqual(['a', 'b']);
    expect(counted).toEqual(['slow']);
  });

  it('an old answer still counts after a retry', () => {
    read('a');
    queue.ask(0);
    queue.tick(READ_INDEX_RETRY_MS);
    answer(0, 1);
    applied = 1;
    queue.serve();
    expect(served).toEqual(['a']);
  });

  it('does not happen for what is answered', () => {
    read('a');
    queue.ask(0);
    answer(0, 5);
    queue.tick(READ_INDEX_RETRY_MS);
    queue.retryUnanswered(READ_INDEX_RETRY_MS);
    expect(asked).toHaveLength(1);
  });

  it('happens at once when a term has started', () => {
    read('a');
    queue.ask(0);
    queue.retryUnanswered(1);
    expect(asked).toHaveLength(2);
    queue.tick(READ_INDEX_RETRY_MS);
    expect(asked).toHaveLength(2);
    queue.tick(READ_INDEX_RETRY_MS + 1);
    expect(asked).toHaveLength(3);
  });
});

describe('the end', () => {
  it('comes after the timeout, oldest first, answered or not', () => {
    read('a');
    queue.ask(0);
    read('b');
    queue.ask(10);
    answer(0, 99);
    queue.tick(TIMEOUT_MS - 1);
    expect(served).toEqual([]);
    queue.tick(TIMEOUT_MS);
    expect(served).toEqual(['a timeout']);
    queue.tick(TIMEOUT_MS + 10);
    expect(served).toEqual(['a timeout', 'b timeout']);
    expect(counted.filter((text) => text === 'failed')).toHaveLength(2);
    answer(1, 1);
    applied = 100;
    queue.serve();
    expect(served).toHaveLength(2);
  });

  it('of a leader ends what was asked and what was not yet', () => {
    read('a');
    queue.ask(0);
    read('b');
    queue.failAll(new EtcdError('leaderChanged'));
    expect(served).toEqual(['a leaderChanged', 'b leaderChanged']);
    expect(queue.pendingCount).toBe(0);
    queue.ask(0);
    expect(asked).toHaveLength(1);
  });

  it('a listener may ask again from inside', () => {
    queue.add({
      onReadable: () => {
        served.push('first');
        read('second');
      },
    });
    queue.ask(0);
    queue.failAll(new EtcdError('leaderChanged'));
    expect(served).toEqual(['first']);
    queue.ask(0);
    answer(1, 0);
    queue.serve();
    expect(served).toEqual(['first', 'second']);
  });
});
