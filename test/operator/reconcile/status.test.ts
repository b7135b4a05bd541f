// Goal: a converged cluster is quiet, and what others add to objects is left alone. Method: the functions that decide
// whether something has changed, with examples and properties. A failure would write to the API server for ever.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isWithin } from '../../../operator/reconcile/services.ts';
import { steady } from '../../../operator/reconcile/status.ts';

it('publishes a figure in steps, and keeps it while it hovers', () => {
  fc.assert(
    fc.property(fc.nat(1e12), fc.constantFrom(1_000, 16_777_216), (real, step) => {
      const published = steady(undefined, real, step);
      expect(published % step).toBe(0);
      expect(real - published).toBeLessThan(step);
      expect(steady(published, real, step)).toBe(published);
      expect(steady(published, real + Math.floor(step / 8), step)).toBe(
        real - published + Math.floor(step / 8) <= Math.max(step, published / 4)
          ? published
          : Math.floor((real + Math.floor(step / 8)) / step) * step,
      );
    }),
  );
  expect(steady(100 * 16_777_216, 200 * 16_777_216, 16_777_216)).toBe(200 * 16_777_216);
});

it('finds what is wanted within what is there, whatever else there is', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (wanted, key) => {
      expect(isWithin(wanted, wanted)).toBe(true);
      if (!(key in wanted)) expect(isWithin(wanted, { ...wanted, [key]: 1 })).toBe(true);
      if (!(key in wanted)) expect(isWithin({ ...wanted, [key]: 1 }, wanted)).toBe(false);
    }),
  );
  expect(isWithin({ a: [1] }, { a: [1, 2] })).toBe(false);
  expect(isWithin({ a: { b: 1 } }, { a: { b: 2 } })).toBe(false);
});
