// Owns commands that etcdctl has and we do not yet: they say so.
import { Group } from '../groups.ts';
import type { Command } from '../line/command.ts';
import { Exit, ExitError } from '../line/exit-error.ts';

export const checkCommand: Command = {
  use: 'check <subcommand>',
  short: 'Measuring a cluster (not supported yet)',
  group: Group.utility,
  run: () => notSupported('check'),
};

export const completionCommand: Command = {
  use: 'completion [shell]',
  short: 'Completion of commands in shells (not supported yet)',
  group: Group.utility,
  run: () => notSupported('completion'),
};

function notSupported(name: string): Promise<void> {
  return Promise.reject(new ExitError(Exit.badFeature, `${name} is not supported yet`));
}
