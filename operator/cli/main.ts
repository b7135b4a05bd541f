// Owns the entry of the operator: the only reader of process.argv and process.env, and of signals, on its side.
import { errorText } from '../kube/log.ts';
import { parseFlags } from './flags.ts';
import { openLog } from './logging.ts';
import { runOperator } from './run-operator.ts';

await main();

async function main(): Promise<void> {
  const outcome = parseFlags(process.argv.slice(2), process.env);
  if (outcome.kind === 'exit') {
    (outcome.code === 0 ? process.stdout : process.stderr).write(outcome.text);
    process.exitCode = outcome.code;
    return;
  }
  const log = openLog(outcome.config.logLevel);
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    // Something is wrong that nobody thought of: a fresh process knows more than this one.
    process.on(event, (error: unknown) => {
      log('error', event, { error: error instanceof Error ? error.stack : String(error) });
      process.exit(1);
    });
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  try {
    process.exit(await runOperator(outcome.config, log, stop.signal));
  } catch (error) {
    log('error', 'the operator failed', { error: errorText(error) });
    process.exit(1);
  }
}
