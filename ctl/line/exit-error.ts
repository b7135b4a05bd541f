// Owns how commands end early: with one of etcdctl's exit codes and, mostly, a line of text on standard error.
// etcd: pkg/cobrautl/error.go.

/** Exit codes. Scripts look at them. */
export const Exit = {
  success: 0,
  error: 1,
  badConnection: 2,
  invalidInput: 3,
  badFeature: 4,
  interrupted: 5,
  io: 6,
  badArgs: 128,
} as const;

/** Ends the program with `exitCode` after printing "Error: <message>". */
export class ExitError extends Error {
  override readonly name: string = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Ends the program with `exitCode`; what was to be said has been said. */
export class SilentExit extends Error {
  override readonly name: string = 'SilentExit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('');
    this.exitCode = exitCode;
  }
}

export function badArgs(message: string): ExitError {
  return new ExitError(Exit.badArgs, message);
}
