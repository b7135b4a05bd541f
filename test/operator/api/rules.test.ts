// Goal: the operator refuses what the API server would refuse. Method: one example that breaks each rule, and ones that
// come close without breaking it. A failure means that a cluster nobody can run is accepted, or a good one refused.
import { describe, expect, it } from 'vitest';
import { SPEC_SCHEMA } from '../../../operator/api/cluster-schema.ts';
import { RULES } from '../../../operator/api/rules.ts';
import { problemsText, validateCluster } from '../../../operator/api/validation.ts';
import {
  BAD_NAMES,
  BAD_SPECS,
  CHANGES,
  exampleCluster,
  GOOD_SPECS,
} from '../../support/cluster-examples.ts';

describe('a specification', () => {
  it.each(GOOD_SPECS)('is accepted: %j', (spec) => {
    expect(problemsText(validateCluster(exampleCluster(spec)))).toBe('');
  });

  it.each(BAD_SPECS)('is refused at %s: %j', (path, spec) => {
    expect(validateCluster(exampleCluster(spec)).map((problem) => problem.path)).toEqual([path]);
  });

  it('has a name that Services can carry', () => {
    for (const name of BAD_NAMES) {
      expect(validateCluster(exampleCluster({}, name))).toHaveLength(1);
    }
  });
});

it.each(CHANGES)('a change is judged: %j', ({ from, to, running, problem }) => {
  const [old, next] = [from, to].map((spec) => exampleCluster(spec, 'example', running));
  if (old === undefined || next === undefined) throw new Error('two were made');
  expect(validateCluster(next, old).map(({ path }) => path)).toEqual(
    problem === '' ? [] : [problem],
  );
});

it('every rule has a path inside the schema and a message', () => {
  for (const { path, message, scope } of RULES) {
    expect(message.length).toBeGreaterThan(20);
    if (scope === 'object') continue;
    const [, field = ''] = path.split('.');
    expect(SPEC_SCHEMA.properties?.[field], path).toBeDefined();
  }
});
