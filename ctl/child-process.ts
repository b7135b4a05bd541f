// Owns running a user's command from `lock` and `watch`.
import { spawn } from 'node:child_process';

/** How a command ended: its exit code, or in Go's words why it has none. */
export type ChildEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs a command on our output with additions to our environment. It gets no input: that may be read by us. */
export function runChild(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ChildEnd> {
  return new Promise((resolve) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...environment },
    });
    child.once('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      const reason = missing
        ? `exec: "${file}": executable file not found in $PATH`
        : error.message;
      resolve({ kind: 'failed', reason });
    });
    child.once('close', (exitCode, signal) => {
      if (exitCode !== null) resolve({ kind: 'exited', exitCode });
      else resolve({ kind: 'failed', reason: `signal: ${signal ?? 'unknown'}` });
    });
  });
}
