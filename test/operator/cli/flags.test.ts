// Goal: a mistyped flag is refused, never ignored, and the environment of a Pod is understood. Method: one table.
import { describe, expect, it } from 'vitest';
import { type OperatorConfig, parseFlags } from '../../../operator/cli/flags.ts';

function parsed(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): OperatorConfig {
  const outcome = parseFlags(args, environment);
  if (outcome.kind === 'exit') throw new Error(outcome.text);
  return outcome.config;
}

describe('flags', () => {
  it('have defaults', () => {
    expect(parsed([])).toEqual({
      watchNamespace: undefined,
      kubeconfig: undefined,
      leaderElect: true,
      leaderElectionNamespace: undefined,
      probeAddress: { host: '', port: 8081 },
      metricsAddress: { host: '', port: 8080 },
      workers: 4,
      logLevel: 'info',
    });
  });

  it('are taken in both spellings, and before the environment', () => {
    const environment = { WATCH_NAMESPACE: 'a', POD_NAMESPACE: 'ops' };
    expect(parsed([], environment)).toMatchObject({
      watchNamespace: 'a',
      leaderElectionNamespace: 'ops',
    });
    const args = ['--watch-namespace', 'b', '--leader-elect=false', '--metrics-bind-address=0'];
    expect(parsed(args, environment)).toMatchObject({
      watchNamespace: 'b',
      leaderElect: false,
      metricsAddress: { port: undefined },
    });
    expect(parsed(['--watch-namespace='], environment).watchNamespace).toBeUndefined();
    expect(parsed(['--health-probe-bind-address=[::1]:9']).probeAddress).toEqual({
      host: '::1',
      port: 9,
    });
  });

  it.each([
    [['--watch-namespaces=a']],
    [['watch']],
    [['--workers=none']],
    [['--workers']],
    [['--log-level=loud']],
    [['--leader-elect=maybe']],
    [['--metrics-bind-address=8080']],
    [['--health-probe-bind-address=:99999']],
  ])('that make no sense are refused: %j', (args) => {
    expect(parseFlags(args, {})).toMatchObject({ kind: 'exit', code: 2 });
  });

  it('explain themselves', () => {
    expect(parseFlags(['--help'], {})).toMatchObject({ kind: 'exit', code: 0 });
  });
});
