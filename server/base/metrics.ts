// Owns the metric primitives: plain counters that cost an addition on the hot path, and the Prometheus text
// they are printed as. Names, labels and buckets are etcd's and are chosen by the folders that register them.

/** Label names and values. */
export type Labels = Readonly<Record<string, string>>;

type MetricKind = 'counter' | 'gauge' | 'histogram';

interface Series {
  readonly labels: string;
  print(name: string, labels: string): string;
}

/** A number that only grows; `add` takes fractions too. With `read` it is one that is counted elsewhere. */
export class Counter implements Series {
  readonly labels: string;
  value = 0;
  read: (() => number) | undefined = undefined;

  constructor(labels: string) {
    this.labels = labels;
  }

  inc(): void {
    this.value++;
  }

  add(amount: number): void {
    this.value += amount;
  }

  print(name: string, labels: string): string {
    const value = this.read === undefined ? this.value : this.read();
    return `${name}${labels} ${printNumber(value)}\n`;
  }
}

/** A number that goes both ways. With `read` it is computed when printed, so that it costs nothing else. */
export class Gauge implements Series {
  readonly labels: string;
  value = 0;
  read: (() => number) | undefined = undefined;

  constructor(labels: string) {
    this.labels = labels;
  }

  set(value: number): void {
    this.value = value;
  }

  inc(): void {
    this.value++;
  }

  dec(): void {
    this.value--;
  }

  print(name: string, labels: string): string {
    const value = this.read === undefined ? this.value : this.read();
    return `${name}${labels} ${printNumber(value)}\n`;
  }
}

/** Counts of observations at or below each bound, as Prometheus histograms count them. */
export class Histogram implements Series {
  readonly labels: string;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  constructor(labels: string, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length);
  }

  /** Adds one observation, in the unit the metric's name ends with. */
  observe(value: number): void {
    this.#sum += value;
    this.#count++;
    for (let i = 0; i < this.#bounds.length; i++) {
      if (value <= (this.#bounds[i] as number)) {
        this.#counts[i] = (this.#counts[i] as number) + 1;
        return;
      }
    }
  }

  print(name: string, labels: string): string {
    const inner = labels === '' ? '' : `${labels.slice(1, -1)},`;
    let text = '';
    let cumulative = 0;
    for (let i = 0; i < this.#bounds.length; i++) {
      cumulative += this.#counts[i] as number;
      text += `${name}_bucket{${inner}le="${printNumber(this.#bounds[i] as number)}"} ${cumulative}\n`;
    }
    text += `${name}_bucket{${inner}le="+Inf"} ${this.#count}\n`;
    text += `${name}_sum${labels} ${printNumber(this.#sum)}\n`;
    return `${text}${name}_count${labels} ${this.#count}\n`;
  }
}

/** `count` bounds, each `factor` times the one before; etcd writes its buckets this way. */
export function exponentialBounds(start: number, factor: number, count: number): number[] {
  const bounds: number[] = [];
  let bound = start;
  for (let i = 0; i < count; i++) {
    bounds.push(bound);
    bound *= factor;
  }
  return bounds;
}

interface Family {
  readonly kind: MetricKind;
  readonly help: string;
  readonly series: Map<string, Series>;
}

/** All metrics of one process. Asking twice for one name and labels gives the same series. */
export class MetricRegistry {
  readonly #families: Map<string, Family> = new Map();

  counter(name: string, help: string, labels: Labels = {}): Counter {
    return this.#series(name, help, 'counter', labels, (text) => new Counter(text));
  }

  gauge(name: string, help: string, labels: Labels = {}): Gauge {
    return this.#series(name, help, 'gauge', labels, (text) => new Gauge(text));
  }

  histogram(name: string, help: string, bounds: readonly number[], labels: Labels = {}): Histogram {
    return this.#series(name, help, 'histogram', labels, (text) => new Histogram(text, bounds));
  }

  /** Forgets one series, for objects that are gone. */
  remove(name: string, labels: Labels): void {
    this.#families.get(name)?.series.delete(printLabels(labels));
  }

  /** The text exposition format, families sorted by name. */
  print(): string {
    let text = '';
    for (const name of [...this.#families.keys()].sort()) {
      const family = this.#families.get(name);
      if (family === undefined || family.series.size === 0) continue;
      text += `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.kind}\n`;
      for (const series of family.series.values()) text += series.print(name, series.labels);
    }
    return text;
  }

  #series<S extends Series>(
    name: string,
    help: string,
    kind: MetricKind,
    labels: Labels,
    make: (labels: string) => S,
  ): S {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { kind, help, series: new Map() };
      this.#families.set(name, family);
    }
    const text = printLabels(labels);
    const known = family.series.get(text);
    // The kind of a family is fixed by its first series, so a known series has the type that is asked for.
    if (known !== undefined) return known as S;
    const series = make(text);
    family.series.set(text, series);
    return series;
  }
}

function printLabels(labels: Labels): string {
  // By name, as Go's client prints them: scripts look for whole lines.
  const names = Object.keys(labels).sort();
  const parts = names.map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function printNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Math.abs(value) >= 1e21 || (value !== 0 && Math.abs(value) < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}
