// Owns what is known about the API server itself: whether it has policy/v1, which came with 1.21.
import { isJson, listAt } from './decode.ts';
import type { KubeApi } from './kube-api.ts';

export class Discovery {
  readonly #api: KubeApi;
  #hasPolicyApi: boolean;

  constructor(api: KubeApi) {
    this.#api = api;
    this.#hasPolicyApi = false;
  }

  get hasPolicyApi(): boolean {
    return this.#hasPolicyApi;
  }

  /** Throws KubeError. */
  async refresh(signal: AbortSignal): Promise<void> {
    const answer = await this.#api.getPath('/apis', signal);
    const groups = listAt(isJson(answer) ? answer : {}, 'groups');
    const policy = groups.find(({ name }) => name === 'policy');
    this.#hasPolicyApi = listAt(policy ?? {}, 'versions').some(({ version }) => version === 'v1');
  }
}
