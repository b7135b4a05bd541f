// Owns counters, gauges and histograms and their text for Prometheus. The operator counts tens of things a second: plain maps
// will do.

export type Labels = Readonly<Record<string, string>>;
type MetricType = 'counter' | 'gauge' | 'histogram';

interface Series {
  readonly labels: Labels;
  value: number;
  /** Of histograms: how many fell into each bucket. */
  readonly counts: number[];
  count: number;
}

export class Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly #buckets: readonly number[];
  readonly #series: Map<string, Series>;

  constructor(name: string, type: MetricType, help: string, buckets: readonly number[] = []) {
    this.name = name;
    this.type = type;
    this.help = help;
    this.#buckets = buckets;
    this.#series = new Map();
  }

  add(labels: Labels, amount: number = 1): void {
    this.#at(labels).value += amount;
  }

  set(labels: Labels, value: number): void {
    this.#at(labels).value = value;
  }

  observe(labels: Labels, value: number): void {
    const series = this.#at(labels);
    series.value += value;
    series.count += 1;
    for (const [index, bound] of this.#buckets.entries()) {
      if (value <= bound) series.counts[index] = (series.counts[index] ?? 0) + 1;
    }
  }

  lines(): readonly string[] {
    const lines = [`# HELP ${this.name} ${this.help}`, `# TYPE ${this.name} ${this.type}`];
    for (const series of this.#series.values()) lines.push(...this.#linesOf(series));
    return lines;
  }

  #linesOf(series: Series): readonly string[] {
    const { labels, value, counts, count } = series;
    if (this.type !== 'histogram') return [`${this.name}${labelText(labels)} ${value}`];
    const bounds = this.#buckets.map(
      (bound, index) => [String(bound), counts[index] ?? 0] as const,
    );
    return [
      ...[...bounds, ['+Inf', count] as const].map(
        ([le, inBucket]) => `${this.name}_bucket${labelText({ ...labels, le })} ${inBucket}`,
      ),
      `${this.name}_sum${labelText(labels)} ${value}`,
      `${this.name}_count${labelText(labels)} ${count}`,
    ];
  }

  #at(labels: Labels): Series {
    const key = labelText(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = { labels, value: 0, counts: this.#buckets.map(() => 0), count: 0 };
    this.#series.set(key, series);
    return series;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
