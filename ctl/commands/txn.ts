// Owns `etcdctl txn`. etcd: txn_command.go.
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError } from '../line/exit-error.ts';
import { inputLines, writeOut } from '../line/terminal.ts';
import { parseCompare, parseRequest } from './txn-grammar.ts';

export const txnCommand: Command = {
  use: 'txn [options]',
  short: 'Reads a transaction and runs it',
  long: `Reads a transaction from standard input and runs it: comparisons, an empty line, requests for when all of
them hold, an empty line, requests for when one does not, an empty line.

  mod("key1") > "0"

  put key1 "overwrote-key1"

  put key1 "created-key1"
  put key2 "some extra key"

Comparisons look at ver (version), c (create), m (mod), val (value) or lease; requests are get, put and del.`,
  group: Group.keys,
  flags: [
    {
      name: 'interactive',
      short: 'i',
      kind: 'bool',
      initial: 'false',
      usage: 'say what is read next',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  if (invocation.args.length > 0) throw badArgs('txn command does not accept argument');
  const prompt = (text: string): void => {
    if (invocation.flags.bool('interactive')) writeOut(`${text}\n`);
  };
  await withSession(invocation, async ({ client, display }) => {
    const lines = inputLines();
    prompt('compares:');
    const compare = await readPart(lines, parseCompare);
    prompt('success requests (get, put, del):');
    const success = await readPart(lines, parseRequest);
    prompt('failure requests (get, put, del):');
    const failure = await readPart(lines, parseRequest);
    display.show({ kind: 'txn', response: await client.kv.txn({ compare, success, failure }) });
  });
}

/** Lines up to an empty one. Throws ExitError when the input ends before. */
async function readPart<Item>(
  lines: AsyncGenerator<string, void, undefined>,
  parse: (line: string) => Item | Promise<Item>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) throw new ExitError(Exit.invalidInput, 'EOF');
    const line = value.trim();
    if (line === '') return items;
    items.push(await parse(line));
  }
}
