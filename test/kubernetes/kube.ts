// Owns how the suite itself reads and writes objects: paths and JSON, as a user would with kubectl.
import { isJson, type Json, listAt } from '../../operator/kube/decode.ts';
import type { Rest } from '../../operator/kube/rest.ts';

export class Kube {
  readonly rest: Rest;

  constructor(rest: Rest) {
    this.rest = rest;
  }

  async get(path: string): Promise<Json> {
    return asJson(await this.rest.request({ method: 'GET', path }));
  }

  async list(path: string): Promise<readonly Json[]> {
    return listAt(await this.get(path), 'items');
  }

  async create(path: string, body: unknown): Promise<Json> {
    return asJson(await this.rest.request({ method: 'POST', path, body }));
  }

  async patch(path: string, body: unknown): Promise<Json> {
    const contentType = 'application/merge-patch+json';
    return asJson(await this.rest.request({ method: 'PATCH', path, body, contentType }));
  }

  async delete(path: string, body?: unknown): Promise<void> {
    await this.rest.request({ method: 'DELETE', path, body });
  }
}

function asJson(value: unknown): Json {
  if (!isJson(value)) throw new Error('no object');
  return value;
}
