// Owns standard input and output. Output is bytes: keys and values need not be text.
import { createInterface } from 'node:readline';

/** Output as it is made: text and bytes in turn. */
export type Piece = string | Uint8Array;

export function writeOut(...pieces: readonly Piece[]): void {
  for (const piece of pieces) process.stdout.write(piece);
}

export function writeError(text: string): void {
  process.stderr.write(text);
}

/** Resolves when everything written so far has left the process; to a pipe, writing does not wait. */
export async function flushOutput(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => {
      stream.write('', () => resolve());
    });
  }
}

/** All of standard input. */
export async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Lines of standard input without their ends. A last line without an end is dropped: it was not finished. */
export async function* inputLines(): AsyncGenerator<string, void, undefined> {
  let rest = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    rest += String(chunk);
    for (;;) {
      const end = rest.indexOf('\n');
      if (end < 0) break;
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
}

/** Asks for a secret, which is not shown when typed at a terminal. */
export async function askSecret(question: string): Promise<string> {
  writeOut(question);
  const input = process.stdin;
  const silent = input.isTTY;
  if (silent) input.setRawMode(true);
  const lines = createInterface({ input, terminal: false });
  // A terminal that hides what is typed does not make signals of keys either.
  const onKeys = (keys: unknown): void => {
    if (silent && String(keys).includes('\u0003')) process.kill(process.pid, 'SIGINT');
  };
  input.on('data', onKeys);
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
  } finally {
    input.off('data', onKeys);
    lines.close();
    if (silent) input.setRawMode(false);
    if (silent) writeOut('\n');
  }
}
