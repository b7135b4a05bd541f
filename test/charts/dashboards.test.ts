// Goal: dashboards and alerts show something. Method: every metric in every expression is looked for in what a running member,
// the peer network and the operator expose. A failure means a panel that stays empty, or an alert that never comes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorMetrics } from '../../operator/cli/operator-metrics.ts';
import { SYSTEM_CLOCK } from '../../operator/cli/system-clock.ts';
import { WorkQueue } from '../../operator/controller/work-queue.ts';
import { type Alert, MEMBER_ALERTS, OPERATOR_ALERTS } from '../../scripts/charts/alerts.ts';
import { type Dashboard, dashboardJson } from '../../scripts/charts/dashboard.ts';
import { MEMBERS_DASHBOARD, OPERATOR_DASHBOARD } from '../../scripts/charts/dashboards.ts';
import { MetricRegistry } from '../../server/base/metrics.ts';
import { TransportMetrics } from '../../server/cluster/transport/transport-metrics.ts';
import { ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let memberNames: ReadonlySet<string>;

beforeAll(async () => {
  server = await ServerProcess.start();
  const answer = await fetch(`http://${server.endpoint}/metrics`);
  // A member alone has no peers.
  const registry = new MetricRegistry();
  new TransportMetrics(registry, 1n).of(2n);
  memberNames = namesIn(`${await answer.text()}\n${registry.print()}`);
});

afterAll(async () => {
  await server.remove();
});

function operatorNames(): ReadonlySet<string> {
  return namesIn(new OperatorMetrics().text(new WorkQueue(SYSTEM_CLOCK, () => {}), [], 0));
}

/** As they are written in expressions. */
function namesIn(text: string): ReadonlySet<string> {
  // Prometheus' own.
  const names = new Set(['up']);
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    names.add(name);
    if (type !== 'histogram') continue;
    for (const suffix of ['_bucket', '_sum', '_count']) names.add(name + suffix);
  }
  return names;
}

/** Words that are no function, no keyword, no label and no text: those before {, [ or an operator. */
function metricsOf(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|on) *\([^)]*\)/g, '');
  const words = [...bare.matchAll(/[a-z_][a-z0-9_]*(?! *\()\b(?! *\()/g)].map(([word]) => word);
  return words.filter((word) => !/^(?:and|or|unless|sum|max|min|count|by|on)$/.test(word));
}

function expressionsOf({ rows }: Dashboard): readonly string[] {
  return rows.flatMap(({ panels }) => panels.flatMap(({ expressions }) => expressions));
}

function unknownIn(expressions: readonly string[], known: ReadonlySet<string>): readonly string[] {
  const named = expressions.flatMap(metricsOf);
  expect(named.length).toBeGreaterThanOrEqual(expressions.length);
  return named.filter((name) => !known.has(name));
}

function expressionsOfAlerts(alerts: readonly Alert[]): readonly string[] {
  return alerts.map(({ expr }) => expr);
}

describe('the dashboard', () => {
  it('of members names only what members expose', () => {
    expect(unknownIn(expressionsOf(MEMBERS_DASHBOARD), memberNames)).toEqual([]);
  });

  it('of the operator names only what it exposes', () => {
    expect(unknownIn(expressionsOf(OPERATOR_DASHBOARD), operatorNames())).toEqual([]);
  });

  it.each([MEMBERS_DASHBOARD, OPERATOR_DASHBOARD])('$title has no panel over another', (board) => {
    const model: { panels: readonly { gridPos: Grid; id: number }[] } = JSON.parse(
      dashboardJson(board),
    );
    const cells = model.panels.flatMap(({ gridPos }) => cellsOf(gridPos));
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(model.panels.map(({ id }) => id)).size).toBe(model.panels.length);
  });

  it('shows what people look for', () => {
    const titles = MEMBERS_DASHBOARD.rows.flatMap(({ panels }) => panels.map(({ title }) => title));
    for (const title of ['Up', 'RPC rate', 'Active streams', 'Leader changes', 'Database size']) {
      expect(titles).toContain(title);
    }
  });
});

describe('alerts', () => {
  it('of members name only what members expose', () => {
    expect(unknownIn(expressionsOfAlerts(MEMBER_ALERTS), memberNames)).toEqual([]);
  });

  it('of the operator name only what it exposes', () => {
    expect(unknownIn(expressionsOfAlerts(OPERATOR_ALERTS), operatorNames())).toEqual([]);
  });
});

it('metrics in an expression are found', () => {
  const expression = 'sum by (pod, le) (rate(a_bucket{b="c"}[5m])) / d_e > 0.9 and on (x) f == 1';
  expect(metricsOf(expression)).toEqual(['a_bucket', 'd_e', 'f']);
});

interface Grid {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function cellsOf({ x, y, w, h }: Grid): readonly string[] {
  const cells: string[] = [];
  for (let column = x; column < x + w; column++) {
    for (let line = y; line < y + h; line++) cells.push(`${column},${line}`);
  }
  return cells;
}
