// Goal: NumberMap holds what a Map holds, whatever comes and goes. Method: random commands on both, numbers close together
// and far apart so that searches collide. A failure means a request in flight that is lost or answered twice.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NumberMap } from '../../../server/base/number-map.ts';

const NUMBER = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((n) => 2 ** 47 + n),
  fc.nat(40).map((n) => n * 2 ** 32),
);

it('is a Map', () => {
  const commands = fc.array(fc.tuple(fc.constantFrom('set', 'delete'), NUMBER), { maxLength: 300 });
  fc.assert(
    fc.property(commands, (list) => {
      const model = new Map<number, string>();
      const map = new NumberMap<string>();
      list.forEach(([command, number], i) => {
        if (command === 'set') {
          model.set(number, `${i}`);
          map.set(number, `${i}`);
        } else {
          model.delete(number);
          map.delete(number);
        }
        expect(map.size).toBe(model.size);
      });
      for (const [, number] of list) expect(map.get(number)).toBe(model.get(number));
      const ascending = [...model.keys()].sort((a, b) => a - b);
      expect(map.values()).toEqual(ascending.map((number) => model.get(number)));
    }),
  );
});

it('can be emptied and used again', () => {
  const map = new NumberMap<number>();
  for (let n = 0; n < 100; n++) map.set(n, n);
  map.clear();
  expect([map.size, map.get(7), map.values()]).toEqual([0, undefined, []]);
  map.set(7, 8);
  expect(map.values()).toEqual([8]);
});

it('takes no negative number: they mark empty places', () => {
  expect(() => new NumberMap<number>().set(-1, 1)).toThrow();
});
