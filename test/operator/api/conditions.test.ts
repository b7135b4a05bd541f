// Goal: condition times tell when a status changed, names are unique, fingerprints do not depend on order. Method:
// examples and properties. A failure would make `kubectl wait` and alerts lie, Pods roll for nothing, or names collide.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeConditions } from '../../../operator/api/conditions.ts';
import { fingerprint, shortSuffix } from '../../../operator/api/hash.ts';
import { memberOfPeerUrl, peerUrl } from '../../../operator/api/names.ts';

it('keeps the time of a condition until its status changes', () => {
  const draft = { type: 'Ready', status: 'True', reason: 'AllMembersReady', message: '' } as const;
  const first = mergeConditions(undefined, [draft], { generation: 1, nowMs: 0 });
  const second = mergeConditions(first, [{ ...draft, message: 'x' }], {
    generation: 2,
    nowMs: 9e6,
  });
  expect(second[0]).toMatchObject({
    lastTransitionTime: '1970-01-01T00:00:00Z',
    observedGeneration: 2,
    message: 'x',
  });
  const third = mergeConditions(second, [{ ...draft, status: 'False' }], {
    generation: 2,
    nowMs: 9e6,
  });
  expect(third[0]?.lastTransitionTime).toBe('1970-01-01T02:30:00Z');
});

it('fingerprints content, not the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      expect(fingerprint(turned)).toBe(fingerprint(value));
    }),
  );
  expect(fingerprint({ a: 1 })).not.toBe(fingerprint({ a: 2 }));
  expect(fingerprint({ a: undefined })).toBe(fingerprint({}));
});

it('spreads names: 2000 of 14 million rarely meet', () => {
  const names = new Set(Array.from({ length: 2000 }, (_, index) => shortSuffix(`salt${index}`)));
  expect(names.size).toBeGreaterThan(1995);
});

it('finds the member of a peer URL, and only of its own cluster', () => {
  const place = { cluster: 'main', namespace: 'db', member: 'main-abcde' };
  expect(memberOfPeerUrl('main', 'db', peerUrl(place))).toBe('main-abcde');
  expect(memberOfPeerUrl('other', 'db', peerUrl(place))).toBeUndefined();
  expect(memberOfPeerUrl('main', 'dev', peerUrl(place))).toBeUndefined();
  expect(memberOfPeerUrl('main', 'db', 'http://10.0.0.1:2380')).toBeUndefined();
});
