// Owns a chart as a whole: reads it from its folder, merges values as Helm does, checks them, renders every template.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { type JsonSchema, schemaProblems } from './json-schema.ts';
import { Renderer } from './render.ts';

export type Values = Readonly<Record<string, unknown>>;

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface Chart {
  /** Chart.yaml. */
  readonly about: Values;
  readonly values: Values;
  readonly schema: JsonSchema;
  readonly templates: ReadonlyMap<string, string>;
}

export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** Helm, or who applies instead of it. */
  readonly service?: string;
}

export function loadChart(folder: string): Chart {
  const files = readdirSync(join(folder, 'templates'), { recursive: true, encoding: 'utf8' });
  const names = files.filter((name) => /\.(?:ya?ml|tpl|txt)$/.test(name)).sort();
  return {
    about: readYaml(join(folder, 'Chart.yaml')),
    values: readYaml(join(folder, 'values.yaml')),
    schema: JSON.parse(readFileSync(join(folder, 'values.schema.json'), 'utf8')),
    templates: new Map(
      names.map((name) => [name, readFileSync(join(folder, 'templates', name), 'utf8')]),
    ),
  };
}

/** Every file's text by its name under templates/, also the empty ones. */
export function renderFiles(
  chart: Chart,
  release: Release,
  changes: Values = {},
): ReadonlyMap<string, string> {
  const values = mergeValues(chart.values, changes);
  const problems = schemaProblems(chart.schema, values);
  if (problems.length > 0) throw new Error(`values.schema.json: ${problems.join('; ')}`);
  const dot = {
    Values: values,
    Release: {
      Name: release.name,
      Namespace: release.namespace,
      Service: release.service ?? 'Helm',
      IsInstall: true,
      IsUpgrade: false,
      Revision: 1,
    },
    Chart: {
      Name: chart.about['name'],
      Version: chart.about['version'],
      AppVersion: chart.about['appVersion'],
    },
  };
  const renderer = new Renderer(chart.templates);
  const rendered = [...chart.templates.keys()]
    .filter((name) => !name.endsWith('.tpl'))
    .map((name) => [name, renderer.render(name, dot)] as const);
  return new Map(rendered);
}

/** The objects of all files, in the order of file names. */
export function renderObjects(
  chart: Chart,
  release: Release,
  changes: Values = {},
): readonly KubeObject[] {
  return [...renderFiles(chart, release, changes)]
    .filter(([name]) => !name.endsWith('.txt'))
    .flatMap(([name, text]) => parseObjects(name, text));
}

export function parseObjects(name: string, text: string): readonly KubeObject[] {
  return loadAll(text)
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      if (!isKubeObject(value)) throw new Error(`${name} has something that is no object`);
      return value;
    });
}

/** Maps are merged, everything else is replaced; null takes a key away. */
export function mergeValues(base: Values, changes: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const old = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isRecord(old) && isRecord(value) ? mergeValues(old, value) : value;
  }
  return merged;
}

function readYaml(path: string): Values {
  const value = load(readFileSync(path, 'utf8'));
  if (!isRecord(value)) throw new Error(`${path} is no map`);
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKubeObject(value: unknown): value is KubeObject {
  return (
    isRecord(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isRecord(value['metadata']) &&
    typeof value['metadata']['name'] === 'string'
  );
}
