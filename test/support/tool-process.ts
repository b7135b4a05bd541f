// Owns running etcdctl and etcdutl as users do: as programs, bundled once per test file because loading their many sources
// anew for every command takes longer than the command.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { build } from 'rolldown';

const ROOT = resolve(import.meta.dirname, '../..');

export interface ToolEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolRun {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** One of the programs, ready to run. */
export class Tool {
  readonly directory: string;
  readonly #script: string;
  readonly #args: readonly string[];

  private constructor(directory: string, script: string, args: readonly string[]) {
    this.directory = directory;
    this.#script = script;
    this.#args = args;
  }

  /** Bundles `ctl/<name>.ts`. `args` come before those of every run. The caller removes it. */
  static async make(name: 'etcdctl' | 'etcdutl', args: readonly string[] = []): Promise<Tool> {
    const directory = mkdtempSync(join(tmpdir(), `etcd-ts-${name}-`));
    // Packages are looked up from where the bundle is.
    symlinkSync(resolve(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const script = join(directory, `${name}.mjs`);
    await build({
      input: resolve(ROOT, `ctl/${name}.ts`),
      platform: 'node',
      external: [/^@nxtedition/],
      output: { file: script, format: 'esm' },
      logLevel: 'silent',
    });
    return new Tool(directory, script, args);
  }

  /** The same program with other arguments in front. */
  with(...args: readonly string[]): Tool {
    return new Tool(this.directory, this.#script, args);
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: ToolRun = {}): Promise<ToolEnd> {
    const running = this.start(args, options);
    running.process.stdin.end(options.stdin ?? '');
    return running.ended;
  }

  /** Starts a command that goes on until it is told to stop. */
  start(args: readonly string[], options: ToolRun = {}): RunningTool {
    const child = spawn(process.execPath, [this.#script, ...this.#args, ...args], {
      cwd: this.directory,
      env: { PATH: process.env['PATH'] ?? '', ...options.env },
    });
    return new RunningTool(child);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A command that is running. */
export class RunningTool {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<ToolEnd>;
  readonly #waiters: Set<() => void>;
  #stdout: string;
  #stderr: string;

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.process = child;
    this.#waiters = new Set();
    this.#stdout = '';
    this.#stderr = '';
    child.stdout.setEncoding('latin1').on('data', (part) => {
      this.#stdout += String(part);
      for (const check of [...this.#waiters]) check();
    });
    child.stderr.on('data', (part) => {
      this.#stderr += String(part);
    });
    // A command may end before it has read what it is given.
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((done) => {
      child.once('close', (status) => {
        const stdout = Buffer.from(this.#stdout, 'latin1').toString('utf8');
        done({ status, stdout, stderr: this.#stderr });
        for (const check of [...this.#waiters]) check();
      });
    });
  }

  /** What was written so far, as text. */
  get stdout(): string {
    return Buffer.from(this.#stdout, 'latin1').toString('utf8');
  }

  /** Resolves when the output contains `text`; rejects when the command ends without. */
  async whenShown(text: string): Promise<void> {
    await new Promise<void>((done, fail) => {
      const check = (): void => {
        if (this.stdout.includes(text)) done();
        else if (this.process.exitCode !== null || this.process.signalCode !== null) {
          fail(new Error(`ended without showing ${text}:\n${this.stdout}${this.#stderr}`));
        } else return;
        this.#waiters.delete(check);
      };
      this.#waiters.add(check);
      check();
    });
  }

  /** Interrupts the command and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<ToolEnd> {
    this.process.kill(signal);
    return await this.ended;
  }
}
