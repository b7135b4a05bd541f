// Owns the directory of generations: `<directory>/<16 hex digits>/` is one database, the file CURRENT names the live
// one. Replacing the whole database is: build the next generation beside it, sync it, replace CURRENT, remove the
// old. A crash leaves at most directories nobody names, which the next open removes.
//
//   CURRENT: 0000000000000001        live
//   0000000000000001/                live database
//   0000000000000002/                being built, or left over by a crash: not live until CURRENT names it

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, messageOf, StoreOpenError } from './errors.ts';
import { replaceFile, syncDirectory } from './files.ts';
import { Generation } from './generation.ts';

const CURRENT = 'CURRENT';
const GENERATION_NAME = /^[0-9a-f]{16}$/;

export class GenerationDirectory {
  readonly path: string;
  #liveNumber: number;

  private constructor(directory: string, liveNumber: number) {
    this.path = directory;
    this.#liveNumber = liveNumber;
  }

  /** Opens the live generation, the first one of a new directory, and removes what a crash left. */
  static async open(
    directory: string,
  ): Promise<{ generations: GenerationDirectory; live: Generation }> {
    try {
      return await GenerationDirectory.#open(directory);
    } catch (cause) {
      if (cause instanceof StoreOpenError) throw cause;
      throw new StoreOpenError(
        'unreadable',
        `the store in ${directory} cannot be opened: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  /** An empty generation beside the live one. */
  async create(): Promise<Generation> {
    const directory = path.join(this.path, nameOf(this.#liveNumber + 1));
    await rm(directory, { recursive: true, force: true });
    return Generation.open(directory);
  }

  /** Makes the generation `create` returned the live one, durably. It must be synced. */
  async makeCurrent(): Promise<void> {
    await syncDirectory(this.path);
    await replaceFile(path.join(this.path, CURRENT), `${nameOf(this.#liveNumber + 1)}\n`);
    this.#liveNumber += 1;
  }

  /** Closes a generation that is not live and removes its files. */
  async discard(generation: Generation): Promise<void> {
    await generation.close();
    await rm(generation.path, { recursive: true, force: true });
  }

  static async #open(
    directory: string,
  ): Promise<{ generations: GenerationDirectory; live: Generation }> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const named = await readCurrent(directory);
    if (named === undefined) await refuseUnnamed(directory);
    const generations = new GenerationDirectory(directory, named ?? 1);
    const live = await generations.#openLive();
    try {
      // Whoever replaces a generation closes the old one after naming the new, so holding the lock of the one that is
      // still named proves that nobody else is at work here, and that leftovers are nobody's work.
      if ((await readCurrent(directory)) !== named) throw lockedError(directory);
      if (named === undefined) {
        await live.sync();
        await replaceFile(path.join(directory, CURRENT), `${nameOf(1)}\n`);
      }
      await generations.#removeLeftovers();
    } catch (error) {
      await live.close();
      throw error;
    }
    return { generations, live };
  }

  async #openLive(): Promise<Generation> {
    try {
      return await Generation.open(path.join(this.path, nameOf(this.#liveNumber)));
    } catch (cause) {
      throw codeOf(cause) === 'LEVEL_LOCKED' ? lockedError(this.path, cause) : cause;
    }
  }

  async #removeLeftovers(): Promise<void> {
    const live = nameOf(this.#liveNumber);
    for (const name of await readdir(this.path)) {
      const isLeftover = name === `${CURRENT}.tmp` || (GENERATION_NAME.test(name) && name !== live);
      if (isLeftover) await rm(path.join(this.path, name), { recursive: true, force: true });
    }
  }
}

async function readCurrent(directory: string): Promise<number | undefined> {
  const file = path.join(directory, CURRENT);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const name = text.trim();
  const liveNumber = Number.parseInt(name, 16);
  if (!GENERATION_NAME.test(name) || !Number.isSafeInteger(liveNumber)) {
    throw new StoreOpenError('unreadable', `${file} does not name a generation of the store`);
  }
  return liveNumber;
}

/** Without CURRENT only an unfinished first generation may be there; with others there, CURRENT was lost. */
async function refuseUnnamed(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (GENERATION_NAME.test(name) && name !== nameOf(1)) {
      throw new StoreOpenError('unreadable', `${path.join(directory, CURRENT)} is missing`);
    }
  }
}

function nameOf(generationNumber: number): string {
  return generationNumber.toString(16).padStart(16, '0');
}

function lockedError(directory: string, cause?: unknown): StoreOpenError {
  return new StoreOpenError('locked', `data directory ${directory} is used by another process`, {
    cause,
  });
}
