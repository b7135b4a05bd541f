// Goal: what the operator decides stays as it is written down. Method: every text file beside this one is run against the
// model of test/operator-sim and must print what it holds; UPDATE=1 rewrites the files instead. A failure is a change of
// behaviour: either a fault, or a change to be read in the difference and committed with it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Interpreter } from './interpreter.ts';

const FOLDER = new URL('.', import.meta.url);

/** The file as it should be: comments, blank lines and commands stay, what commands print is renewed. */
function replay(text: string): string {
  const interpreter = new Interpreter();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (!line.startsWith('$ ')) continue;
    for (const printed of interpreter.run(line.slice(2))) lines.push(`  ${printed}`);
  }
  return lines.join('\n');
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

it('there is one for each scenario of the acceptance list', () => {
  const numbers = files.map((name) => Number(/^s(\d+)-/.exec(name)?.[1]));
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 18]) {
    expect(numbers).toContain(number);
  }
});

it.each(files)('%s', (name) => {
  const path = new URL(name, FOLDER);
  const text = readFileSync(path, 'utf8');
  const result = replay(text);
  if (process.env['UPDATE'] === '1') writeFileSync(path, result);
  else expect(result).toBe(text);
});
