// Owns what a Grafana dashboard looks like as JSON, so that the dashboards themselves (dashboards.ts) are no more than lists of
// panels. Legends are Grafana's own ("__auto"): braces would mean something else to Helm.

export type Unit = 'short' | 'bytes' | 'Bps' | 'ops' | 's' | 'percentunit' | 'none';

export interface Panel {
  readonly title: string;
  /** What it tells, and when to worry. */
  readonly description: string;
  readonly unit: Unit;
  /** PromQL; several lines in one panel are in one unit. */
  readonly expressions: readonly string[];
  readonly isNumber?: boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** A metric that every scraped process of this kind has, and the label to choose by. */
  readonly metric: string;
  readonly from: string;
  /** Chosen before: narrows the choice. */
  readonly within?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** Grafana's variable, not a template of ours. */
const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const;
/** Grafana's grid has 24 columns. */
const GRID_WIDTH = 24;
const NUMBER_WIDTH = 6;
const GRAPH_WIDTH = 8;
const NUMBER_HEIGHT = 4;
const GRAPH_HEIGHT = 8;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** The JSON that Grafana imports. */
export function dashboardJson(dashboard: Dashboard): string {
  const { uid, title, tags, variables, rows } = dashboard;
  const model = {
    uid,
    title,
    tags,
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [datasourceVariable(), ...variables.map(queryVariable)] },
    panels: layOut(rows),
  };
  return `${JSON.stringify(model, undefined, 2)}\n`;
}

function datasourceVariable(): unknown {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
}

function queryVariable({ name, label, metric, from, within }: Variable): unknown {
  const matched = within === undefined ? metric : `${metric}{${within}=~"$${within}"}`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: `label_values(${matched}, ${from})`,
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

function layOut(rows: readonly Row[]): readonly unknown[] {
  const panels: unknown[] = [];
  let y = 0;
  for (const { title, panels: inRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of inRow) {
      const w = panel.isNumber === true ? NUMBER_WIDTH : GRAPH_WIDTH;
      const h = panel.isNumber === true ? NUMBER_HEIGHT : GRAPH_HEIGHT;
      if (x + w > GRID_WIDTH) {
        x = 0;
        y += height;
        height = 0;
      }
      panels.push(panelJson(panel, { x, y, w, h }, panels.length + 1));
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return panels;
}

function panelJson(panel: Panel, gridPos: Place, id: number): unknown {
  return {
    id,
    type: panel.isNumber === true ? 'stat' : 'timeseries',
    title: panel.title,
    description: panel.description,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
    targets: panel.expressions.map((expr, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: '__auto',
    })),
  };
}
