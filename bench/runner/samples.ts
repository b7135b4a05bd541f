// Owns what the experiments measured: numbers by program, row and figure, one per round, and the rows that failed.

export interface Samples {
  /** One number of one round. */
  add(system: string, row: string, figure: string, value: number): void;
  fail(system: string, row: string, reason: string): void;
  values(system: string, row: string, figure: string): readonly number[];
  failure(system: string, row: string): string | undefined;
}

export function createSamples(): Samples {
  const numbers = new Map<string, number[]>();
  const failures = new Map<string, string>();
  return {
    add: (system, row, figure, value) => {
      const key = `${system}|${row}|${figure}`;
      numbers.set(key, [...(numbers.get(key) ?? []), value]);
    },
    fail: (system, row, reason) => {
      console.error(`${system}, ${row} failed: ${reason}`);
      failures.set(`${system}|${row}`, reason.split('\n')[0] ?? reason);
    },
    values: (system, row, figure) => numbers.get(`${system}|${row}|${figure}`) ?? [],
    failure: (system, row) => failures.get(`${system}|${row}`),
  };
}
