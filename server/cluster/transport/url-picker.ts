// Owns which of a peer's URLs is used: one until it fails, then the next. etcd: rafthttp/urlpick.go.

import { assert, at } from '../../base/assert.ts';

export class UrlPicker {
  #urls: readonly string[];
  #picked = 0;

  constructor(urls: readonly string[]) {
    assert(urls.length > 0, 'a peer without URLs');
    this.#urls = urls;
  }

  get urls(): readonly string[] {
    return this.#urls;
  }

  pick(): string {
    return at(this.#urls, this.#picked);
  }

  update(urls: readonly string[]): void {
    assert(urls.length > 0, 'a peer without URLs');
    this.#urls = urls;
    this.#picked = 0;
  }

  /** Moves on if `url` is still the one in use: several users may report the same failure. */
  reportUnreachable(url: string): void {
    if (url === this.pick()) this.#picked = (this.#picked + 1) % this.#urls.length;
  }
}
