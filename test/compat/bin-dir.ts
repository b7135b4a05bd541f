// Owns the folder of programs that etcd's end-to-end tests run: our server behind the spelling of 3.5, Debian's clients, and
// Debian's server as the release before ours.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compatFile, SERVER_BIN } from '../support/paths.ts';

/** Makes the folder; servers started from it append their process ids to `pidFile`. */
export function makeBinDir(directory: string, debianBin: string, pidFile: string): void {
  mkdirSync(directory, { recursive: true });
  const wrapper = compatFile('etcd-35.sh');
  const script = `#!/bin/sh\nexport ETCD_TS_BIN='${SERVER_BIN}' ETCD_TS_PIDS='${pidFile}'\nexec '${wrapper}' "$@"\n`;
  writeFileSync(join(directory, 'etcd'), script);
  chmodSync(join(directory, 'etcd'), 0o755);
  for (const name of ['etcdctl', 'etcdutl']) {
    symlinkSync(join(debianBin, name), join(directory, name));
  }
  symlinkSync(join(debianBin, 'etcd'), join(directory, 'etcd-last-release'));
}
