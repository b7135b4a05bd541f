// Owns the texts of --help and --version. etcd prints the short usage to stderr for a bad flag, and the list of
// flags to stdout only when asked for; so do we.
import { SERVER_VERSION } from '../base/version.ts';
import { featureGateUsage } from './feature-gates.ts';
import { FLAG_GROUPS, type FlagRow } from './flag-table.ts';

/** What the command does, printed to stderr with --help and after a bad flag. */
export const SHORT_USAGE = `Usage:

  etcd [flags]
    Start a member.

  etcd --version
    Print the version.

  etcd -h | --help
    Print all flags.

  etcd --config-file <file>
    Start a member from a YAML or JSON file. Other flags and the environment are ignored then. Durations in the
    file are integer nanoseconds or texts such as "10m".
`;

/** All flags with their defaults, by group. */
export function flagsUsage(): string {
  let text = '';
  for (const group of FLAG_GROUPS) {
    text += `\n${group.title}:\n`;
    for (const row of group.rows) text += rowUsage(row);
  }
  return `${text}\nUnsafe flags can break what the consensus protocol guarantees. Take care.\n`;
}

function rowUsage([name, kind, defaultText, usage, options = {}]: FlagRow): string {
  if (options.hidden === true) return '';
  let text = `  --${name} '${defaultText}'\n    ${usage}\n`;
  if (options.notYet === true) text += '    Not supported by etcd-ts yet.\n';
  if (kind === 'features') {
    for (const line of featureGateUsage()) text += `    ${line}\n`;
  }
  return text;
}

/** The four lines of etcd --version. Tools read the first; the others are there because they expect four.
 *  "Go Version" names what runs us instead. */
export function versionText(platform: string, architecture: string, nodeVersion: string): string {
  const goArchitecture = architecture === 'x64' ? 'amd64' : architecture;
  return [
    `etcd Version: ${SERVER_VERSION}`,
    'Git SHA: etcd-ts',
    `Go Version: node${nodeVersion}`,
    `Go OS/Arch: ${platform}/${goArchitecture}`,
    '',
  ].join('\n');
}
