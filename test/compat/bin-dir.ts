// Owns the folder of programs that etcd's end-to-end tests run: our server behind the spelling of 3.5, Debian's clients, and
// Debian's server as the release before ours.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compatFile, SERVER_BIN } from '../support/paths.ts';

export function makeBinDir(directory: string, debianBin: string): void {
  mkdirSync(directory, { recursive: true });
  const wrapper = compatFile('etcd-35.sh');
  writeScript(
    join(directory, 'etcd'),
    `export ETCD_TS_BIN='${SERVER_BIN}'\nexec '${wrapper}' "$@"`,
  );
  for (const name of ['etcdctl', 'etcdutl']) {
    symlinkSync(join(debianBin, name), join(directory, name));
  }
  writeScript(
    join(directory, 'etcd-last-release'),
    // A switch of 3.4 that the tests give to what they take for 3.4.
    `for argument in "$@"; do
  shift
  [ "$argument" = --next-cluster-version-compatible ] || set -- "$@" "$argument"
done
exec '${join(debianBin, 'etcd')}' "$@"`,
  );
}

function writeScript(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}
