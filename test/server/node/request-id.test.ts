// Goal: request ids are unique across members and restarts, in etcd's layout. Method: known inputs. A failure means that
// a member answers one client with the outcome of another's request.
import { expect, it } from 'vitest';
import { RequestIdGenerator } from '../../../server/node/request-id.ts';

it('holds member, time and counter where etcd has them', () => {
  const ids = new RequestIdGenerator(0x8e9e05c52164694dn, 0x0187a1b2c3);
  expect(ids.prefix).toBe(0x694d);
  expect(ids.next()).toBe(0x694d_0187a1b2c3_01n);
  const suffix = ids.nextSuffix();
  expect(suffix).toBe(0x0187a1b2c302);
  expect(ids.high32(suffix)).toBe(0x694d0187);
});

it('takes the lower 40 bits of the time, and lets the counter run into it', () => {
  const ids = new RequestIdGenerator(1n, 2 ** 40 + 5.7);
  for (let i = 0; i < 255; i++) ids.nextSuffix();
  expect(ids.next()).toBe(0x0001_0000000006_00n);
});

it('starts over at the end of 48 bits', () => {
  const ids = new RequestIdGenerator(1n, 2 ** 40 - 1);
  for (let i = 0; i < 255; i++) ids.nextSuffix();
  expect(ids.nextSuffix()).toBe(0);
});

it('lease ids have no sign bit', () => {
  const ids = new RequestIdGenerator(0xffffn, 1);
  expect(ids.nextLeaseId()).toBe(0x7fff_0000000001_01n);
});
