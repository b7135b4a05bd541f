// Goal: strict reconfiguration counts as etcd does, and bad peer URLs are refused. Method: tables. A failure means a
// cluster that loses its quorum through one admin command, or one that cannot be repaired.
import { describe, expect, it } from 'vitest';
import { EtcdError } from '../../../server/base/errors.ts';
import { type Member, newMember } from '../../../server/cluster/member.ts';
import { parsePeerUrls } from '../../../server/cluster/peer-urls.ts';
import {
  isReadyToAddVoter,
  isReadyToPromote,
  isReadyToRemoveVoter,
} from '../../../server/cluster/readiness.ts';

/** Members 1, 2, ... by letters: s started voter, u voter that has not started, l learner. */
function members(letters: string): Member[] {
  return [...letters].map((letter, i) => {
    const member = newMember(BigInt(i + 1), [], letter === 'l');
    return { ...member, name: letter === 's' ? `m${i}` : '' };
  });
}

describe('strict reconfiguration', () => {
  it.each([
    ['s', true],
    ['ss', true],
    ['su', false],
    ['sss', true],
    ['ssu', false],
    ['sssu', true],
    ['u', false],
    ['sl', true],
    ['sul', false],
  ])('%s may get another voter: %j', (letters, ready) => {
    expect(isReadyToAddVoter(members(letters))).toBe(ready);
  });

  it.each([
    ['sss', 1n, true],
    ['ssu', 3n, true],
    ['ssu', 1n, false],
    ['suu', 3n, false],
    ['s', 1n, false],
    ['su', 2n, true],
  ])('%s may lose %d: %j', (letters, id, ready) => {
    expect(isReadyToRemoveVoter(members(letters), id)).toBe(ready);
  });

  it.each([
    ['sl', true],
    ['sul', true],
    ['ssul', true],
    ['uul', false],
    ['suuul', false],
  ])('%s may promote: %j', (letters, ready) => {
    expect(isReadyToPromote(members(letters))).toBe(ready);
  });
});

describe('peer URLs', () => {
  it('are sorted, and stay as they were given', () => {
    expect(parsePeerUrls([' https://b:2380', 'http://[::1]:2380', 'unix://path:1/x'])).toEqual([
      'http://[::1]:2380',
      'https://b:2380',
      'unix://path:1/x',
    ]);
  });

  it.each([
    [[]],
    [['']],
    [['http://a']],
    [['http://a:2380/path']],
    [['http://a:b']],
    [['ftp://a:2380']],
    [['a:2380']],
    [['http://a:1', '://']],
  ])('%j are refused', (urls) => {
    const parse = (): unknown => parsePeerUrls(urls);
    expect(parse).toThrow(EtcdError);
    expect(parse).toThrow('etcdserver: given member URLs are invalid');
  });
});
