// Owns how a member is told to stop: SIGTERM and SIGINT once, a second one at once. etcd: pkg/osutil/
// interrupt_unix.go, which ends by giving itself the signal again, so that the parent sees what ended it.
import type { Logger } from '../base/logger.ts';

/** Calls `stop` on the first SIGTERM or SIGINT, and ends the process by that signal when it is done. */
export function stopOnSignal(logger: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    logger.info('received signal; shutting down', { signal: GO_NAMES[signal] ?? signal });
    stop().then(
      () => endBy(signal, onSignal),
      (error: unknown) => {
        logger.error('failed to stop in order', { error });
        endBy(signal, onSignal);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** etcd logs signals by the names Go gives them. */
const GO_NAMES: Readonly<Record<string, string>> = { SIGTERM: 'terminated', SIGINT: 'interrupt' };

function endBy(signal: NodeJS.Signals, handler: (signal: NodeJS.Signals) => void): void {
  // The first process of a container gets no default action for signals.
  if (process.pid === 1) process.exit(0);
  process.removeListener('SIGTERM', handler);
  process.removeListener('SIGINT', handler);
  process.kill(process.pid, signal);
}
