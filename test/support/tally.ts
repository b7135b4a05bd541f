// Owns counting the checks of a suite that runs outside vitest, because it starts programs for minutes: one line per check
// as it ends, one closing line with the counts, and the exit code.

export class Tally {
  readonly #suite: string;
  #passed: number;
  #failed: number;

  constructor(suite: string) {
    this.#suite = suite;
    this.#passed = 0;
    this.#failed = 0;
  }

  get failed(): number {
    return this.#failed;
  }

  pass(name: string, note = ''): void {
    this.#passed += 1;
    console.log(`ok    ${name}${note === '' ? '' : `  (${note})`}`);
  }

  fail(name: string, reason: string): void {
    this.#failed += 1;
    console.log(`FAIL  ${name}\n      ${reason.replaceAll('\n', '\n      ')}`);
  }

  /** Passes when `wrong` is empty, fails with its lines otherwise. */
  check(name: string, wrong: readonly string[], note = ''): void {
    if (wrong.length === 0) this.pass(name, note);
    else this.fail(name, wrong.join('\n'));
  }

  /** Runs one check; what it throws is its failure. Resolves whether it passed. */
  async run(name: string, body: () => Promise<string>): Promise<boolean> {
    try {
      const note = await body();
      this.pass(name, note);
      return true;
    } catch (error) {
      this.fail(name, error instanceof Error ? reasonOf(error) : String(error));
      return false;
    }
  }

  /** Prints the closing line. A suite that checked nothing has failed. */
  finish(): void {
    console.log(`${this.#suite}: ${this.#passed} passed, ${this.#failed} failed`);
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1;
  }
}

/** The message, and the place it was thrown at. */
function reasonOf(error: Error): string {
  const place = error.stack?.split('\n').find((line) => /^\s+at .*\/test\//.test(line));
  return `${error.message}\n${place ?? error.stack ?? ''}`;
}
