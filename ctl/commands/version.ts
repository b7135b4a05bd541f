// Owns `version` of both tools.
import { API_VERSION } from '../../client/api-version.ts';
import { SERVER_VERSION } from '../../server/base/version.ts';
import { Group } from '../groups.ts';
import type { Command } from '../line/command.ts';
import { writeOut } from '../line/terminal.ts';

export function versionCommand(program: string): Command {
  return {
    use: 'version',
    short: `Shows the version of ${program}`,
    group: Group.utility,
    run: () => {
      writeOut(`${program} version: ${SERVER_VERSION}\nAPI version: ${API_VERSION}\n`);
      return Promise.resolve();
    },
  };
}
