// Owns `etcdctl options`.
import { GLOBAL_FLAGS } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command } from '../line/command.ts';
import { writeOut } from '../line/terminal.ts';
import { flagLines } from '../line/usage.ts';

export const optionsCommand: Command = {
  use: 'options',
  short: 'Lists the flags that every command has',
  group: Group.utility,
  run: () => {
    writeOut(`The following options can be passed to any command:\n\n${flagLines(GLOBAL_FLAGS)}`);
    return Promise.resolve();
  },
};
