// Owns telling systemd that the member serves, for units with Type=notify. Node has no datagram sockets of the
// unix kind, so systemd's own systemd-notify is run; a unit that does not run as root needs NotifyAccess=all.
import { execFile } from 'node:child_process';
import type { Logger } from '../base/logger.ts';

/** systemd-notify answers at once; a hanging one must not hold the process. */
const NOTIFY_TIMEOUT_MS = 5000;

/** Reports readiness when `socket` (NOTIFY_SOCKET) is set. Does not wait and never fails the member. */
export function notifyReady(logger: Logger, socket: string | undefined): void {
  logger.info('notifying init daemon');
  if (socket === undefined || socket === '') {
    logger.info('successfully notified init daemon');
    return;
  }
  const args = ['--ready', `--pid=${process.pid}`];
  execFile('systemd-notify', args, { timeout: NOTIFY_TIMEOUT_MS }, (error) => {
    if (error === null) logger.info('successfully notified init daemon');
    else logger.error('failed to notify systemd for readiness', { error });
  });
}
