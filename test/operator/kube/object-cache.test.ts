// Goal: the cache knows what is gone, and takes back what has returned. Method: news of one Pod, in the orders in which watch,
// list and answers to writes can bring it. A failure means an object that stays invisible until the operator is started again,
// or one that is seen although it is gone.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../../../operator/api/meta.ts';
import { ObjectCache } from '../../../operator/kube/object-cache.ts';

interface Stored {
  readonly metadata: ObjectMeta;
}

let cache: ObjectCache<Stored>;

beforeEach(() => {
  cache = new ObjectCache(() => 'main');
});

function pod(resourceVersion: string, uid = 'u1'): Stored {
  return { metadata: { name: 'a', namespace: 'db', uid, resourceVersion } };
}

const versionThere = (): string | undefined => cache.get('db', 'a')?.metadata.resourceVersion;

describe('an object that is gone', () => {
  it('is not brought back by what is not newer than its end', () => {
    cache.put(pod('10'));
    expect(cache.remove(pod('12'))).toBe(true);
    expect(cache.put(pod('11'))).toBe(false);
    expect(cache.put(pod('12'))).toBe(false);
    expect(versionThere()).toBeUndefined();
  });

  it('comes back with a newer version: it had only lost its label', () => {
    cache.put(pod('10'));
    cache.remove(pod('12'));
    expect(cache.put(pod('13'))).toEqual({ before: undefined });
    expect(versionThere()).toBe('13');
    expect(cache.ofCluster('db', 'main')).toHaveLength(1);
  });

  it('has gone when the list was made that no longer had it', () => {
    cache.put(pod('10'));
    cache.remove(pod('10'), '20');
    expect(cache.put(pod('15'))).toBe(false);
    expect(cache.put(pod('21'))).toEqual({ before: undefined });
  });

  it('has its latest end, in whatever order they are told', () => {
    cache.remove(pod('20'));
    cache.remove(pod('12'));
    expect(cache.put(pod('15'))).toBe(false);
  });
});

describe('news of an end', () => {
  it('leaves alone what has come back since', () => {
    cache.put(pod('13'));
    expect(cache.remove(pod('12'))).toBe(false);
    expect(versionThere()).toBe('13');
  });

  it('leaves alone another object of the same name', () => {
    cache.put(pod('13', 'u2'));
    expect(cache.remove(pod('14', 'u1'))).toBe(false);
    expect(versionThere()).toBe('13');
  });
});

describe('versions that cannot be compared', () => {
  it('hide nothing', () => {
    cache.put(pod('x1'));
    expect(cache.remove(pod('x2'))).toBe(true);
    expect(cache.put(pod('x3'))).toEqual({ before: undefined });
    expect(versionThere()).toBe('x3');
  });
});
