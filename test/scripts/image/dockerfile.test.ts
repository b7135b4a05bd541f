// Goal: the image that Docker builds and the one that the script builds are configured alike. Method: the last stage of the
// Dockerfile is read and compared with imageConfig. A failure means that one was changed without the other.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { POD_SECURITY } from '../../../operator/specs/security.ts';
import { DEBIAN_SUITE } from '../../../scripts/image/debian-packages.ts';
import { imageConfig, SECOND_NS, USER_ID } from '../../../scripts/image/image-config.ts';
import { NODE_MAJOR } from '../../../scripts/image/node-binary.ts';

const ROOT = join(import.meta.dirname, '../../..');
const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const lastStage = text.slice(text.lastIndexOf('\nFROM '));
const config = imageConfig();

/** What follows the instruction, once for each time it stands there. */
function instructions(name: string): readonly string[] {
  return lastStage
    .split('\n')
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1));
}

describe('the last stage of the Dockerfile', () => {
  it('starts from nothing', () => {
    expect(instructions('FROM')).toEqual(['scratch']);
    expect(instructions('RUN')).toEqual([]);
  });

  it('has the environment, user, directory, command and ports of the archive', () => {
    expect(instructions('ENV')).toEqual(config.Env);
    expect(instructions('USER')).toEqual([config.User]);
    expect(instructions('WORKDIR')).toEqual([config.WorkingDir]);
    expect(instructions('CMD').map((value) => JSON.parse(value))).toEqual([config.Cmd]);
    expect(instructions('ENTRYPOINT')).toEqual([]);
    expect(instructions('EXPOSE')).toEqual(Object.keys(config.ExposedPorts));
    expect(instructions('STOPSIGNAL')).toEqual([config.StopSignal]);
    const labels = instructions('LABEL').map((label) => {
      const at = label.indexOf('=');
      return [label.slice(0, at), JSON.parse(label.slice(at + 1))];
    });
    expect(Object.fromEntries(labels)).toEqual(config.Labels);
  });

  it('has the health check of the archive', () => {
    const { Interval, Timeout, StartPeriod, Retries, Test } = config.Healthcheck;
    const seconds = (ns: number): string => `${ns / SECOND_NS}s`;
    expect(instructions('HEALTHCHECK')).toEqual([
      `--interval=${seconds(Interval)} --timeout=${seconds(Timeout)} --start-period=${seconds(StartPeriod)} --retries=${Retries} CMD ${JSON.stringify(Test.slice(1))}`,
    ]);
  });
});

it('the build stage has the Node and the Debian of the archive', () => {
  expect(text).toContain(`FROM node:${NODE_MAJOR}-${DEBIAN_SUITE} AS build`);
});

it('the step that compiles the addon has every module it imports, and so does not depend on other ones', () => {
  const needed = new Set<string>();
  const visit = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, target = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/from '(\..*)'/g))
      visit(join(dirname(file), target));
  };
  visit('scripts/build-addon.ts');
  const before = text.slice(
    text.indexOf('\nFROM '),
    text.indexOf('RUN node scripts/build-addon.ts'),
  );
  const copied = before.match(/scripts\/\S+\.ts/g);
  expect(copied?.sort()).toEqual([...needed].sort());
});

it('members run as the user of the image', () => {
  expect(POD_SECURITY).toMatchObject({ runAsUser: USER_ID, runAsGroup: USER_ID });
});
