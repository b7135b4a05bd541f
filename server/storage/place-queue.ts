// Owns who may have one of a few places: the others wait in the order in which they came, and some are sent away.

import { EtcdError } from '../base/errors.ts';

/** Gives the place back; once is enough. */
export type ReleasePlace = () => void;

export class PlaceQueue {
  #freeCount: number;
  readonly #waitingMax: number;
  /** What each is told when there is a place, the first one first. */
  readonly #waiting: Set<() => void> = new Set();

  constructor(placesMax: number, waitingMax: number) {
    this.#freeCount = placesMax;
    this.#waitingMax = waitingMax;
  }

  /** Resolves once there is a place. Rejects with the signal's reason, and with tooManyRequests when too many wait. */
  take(signal: AbortSignal): Promise<ReleasePlace> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
      } else if (this.#freeCount > 0) {
        this.#freeCount--;
        resolve(this.#place());
      } else if (this.#waiting.size >= this.#waitingMax) {
        reject(new EtcdError('tooManyRequests'));
      } else {
        const leave = (): void => {
          this.#waiting.delete(enter);
          reject(signal.reason);
        };
        const enter = (): void => {
          signal.removeEventListener('abort', leave);
          resolve(this.#place());
        };
        signal.addEventListener('abort', leave, { once: true });
        this.#waiting.add(enter);
      }
    });
  }

  #place(): ReleasePlace {
    let isTaken = true;
    return () => {
      if (isTaken) this.#passOn();
      isTaken = false;
    };
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#freeCount++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
