// Goal: profiles are V8's and one at a time. Method: short profiles of this process. A failure means that nobody can see
// where a slow member spends its time.
import { describe, expect, it } from 'vitest';
import { Profiles } from '../../../server/http/profiles.ts';
import type { HttpResponse } from '../../../server/http/types.ts';

function ask(profiles: Profiles, target: string): Promise<HttpResponse> {
  const url = new URL(target, 'http://x');
  return new Promise((done) => {
    const request = {
      method: 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: {},
      body: new Uint8Array(0),
      secure: false,
    };
    profiles.handle(request, done);
  });
}

describe('Profiles', () => {
  it('takes a CPU profile, and refuses a second one meanwhile', async () => {
    const profiles = new Profiles();
    const first = ask(profiles, '/debug/pprof/profile?seconds=0.05');
    expect((await ask(profiles, '/debug/pprof/heap?seconds=0.05')).status).toBe(503);
    const { status, body } = await first;
    expect(status).toBe(200);
    expect(JSON.parse(String(body))).toHaveProperty('nodes');
  });

  it('takes a profile of allocations', async () => {
    const { status, body } = await ask(new Profiles(), '/debug/pprof/heap?seconds=0.05');
    expect(status).toBe(200);
    expect(JSON.parse(String(body))).toHaveProperty('head');
  });
});
