// Owns the processes of this suite: started with their output in a file, stopped all at the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';

export interface Start {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Where it is, the kernel ends what we started when we end, even by SIGKILL. */
const SETPRIV = '/usr/bin/setpriv';
const tied: readonly string[] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : [];

const running: Set<Process> = new Set();
let isOver = false;

export class Process {
  readonly name: string;
  readonly #logFile: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number>;

  constructor({ name, command, args, environment, logFile }: Start) {
    // A scenario that does not know yet that all is over would leave it running.
    if (isOver) throw new Error(`${name} is not started: the suite has ended`);
    this.name = name;
    this.#logFile = logFile;
    const log = openSync(logFile, 'a');
    const [program = command, ...rest] = [...tied, command, ...args];
    this.#child = spawn(program, rest, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    });
    closeSync(log);
    running.add(this);
    this.#exited = new Promise((resolve) => {
      const end = (code: number): void => {
        running.delete(this);
        resolve(code);
      };
      this.#child.once('exit', (code) => end(code ?? -1));
      this.#child.once('error', () => end(-1));
    });
  }

  /** -1 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  /** The exit code; -1 after a signal. */
  get exited(): Promise<number> {
    return this.#exited;
  }

  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number> {
    if (this.isRunning) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    const code = await this.#exited;
    clearTimeout(timer);
    return code;
  }
}

/** Ends all, and nothing is started any more. */
export async function stopAll(): Promise<void> {
  isOver = true;
  await Promise.all([...running].map((each) => each.stop('SIGKILL')));
}

/** Runs a command to its end; throws when it fails. */
export async function runToEnd(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`);
}
