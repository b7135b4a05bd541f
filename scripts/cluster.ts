// Owns `npm run cluster`: runs every line of the Procfile at once, their output prefixed by the member's name. Ends all of
// them on Ctrl-C, and itself with the last one.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const ROOT = resolve(import.meta.dirname, '..', '..');

interface ProcfileLine {
  readonly name: string;
  readonly command: readonly string[];
}

/** The processes of a Procfile: `name: command` per line, `#` begins a comment. */
function parseProcfile(text: string): ProcfileLine[] {
  const lines: ProcfileLine[] = [];
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    lines.push({ name: match[1], command: match[2].trim().split(/\s+/) });
  }
  return lines;
}

function copyLines(from: Readable, prefix: string): void {
  createInterface({ input: from }).on('line', (line) => {
    process.stdout.write(`${prefix} | ${line}\n`);
  });
}

function start({ name, command }: ProcfileLine, width: number): ChildProcess {
  const [file = '', ...args] = command;
  // The arguments after -- go to every member: npm run cluster -- --log-level debug
  const child = spawn(join(ROOT, file), [...args, ...process.argv.slice(2)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const prefix = name.padEnd(width);
  copyLines(child.stdout, prefix);
  copyLines(child.stderr, prefix);
  child.on('exit', (code, signal) => {
    process.stdout.write(`${prefix} | ended with ${signal ?? `code ${code}`}\n`);
  });
  return child;
}

function main(): void {
  const lines = parseProcfile(readFileSync(join(ROOT, 'Procfile'), 'utf8'));
  const width = Math.max(...lines.map((line) => line.name.length));
  const children = lines.map((line) => start(line, width));
  const stop = (signal: NodeJS.Signals): void => {
    for (const child of children) child.kill(signal);
  };
  process.on('SIGINT', () => stop('SIGTERM'));
  process.on('SIGTERM', () => stop('SIGTERM'));
}

main();
