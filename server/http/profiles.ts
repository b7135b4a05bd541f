// Owns /debug/pprof: the profiles V8 has, under the paths Go has. They are V8's formats, for the developer tools of a
// browser or "node --prof" viewers, not for go tool pprof; what V8 has not is refused with 501 and a reason.
import { Session } from 'node:inspector/promises';
import { HEAP_SAMPLE_BYTES, PROFILE_SECONDS_DEFAULT, PROFILE_SECONDS_MAX } from './limits.ts';
import {
  errorResponse,
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  type Respond,
  textResponse,
} from './responses.ts';
import type { HttpRequest, HttpResponse } from './types.ts';

const INDEX = `/debug/pprof/

profile?seconds=30   CPU profile (V8 .cpuprofile)
heap?seconds=30      allocations over that time (V8 .heapprofile)

goroutine, threadcreate, block, mutex, allocs, symbol, cmdline and trace are Go's and not served.
`;

const ONLY_GO: ReadonlySet<string> = new Set([
  'goroutine',
  'threadcreate',
  'block',
  'mutex',
  'allocs',
  'symbol',
  'cmdline',
  'trace',
]);

/** Takes one profile at a time. */
export class Profiles {
  #busy = false;

  handle(request: HttpRequest, respond: Respond): void {
    const name = request.path.slice('/debug/pprof'.length).replace(/^\//, '');
    if (request.method !== 'GET') respond(METHOD_NOT_ALLOWED);
    else if (name === '') respond(textResponse(INDEX));
    else if (ONLY_GO.has(name)) respond(errorResponse(501, `${name}: Node.js has no such profile`));
    else if (name === 'profile') this.#take(request, respond, takeCpuProfile);
    else if (name === 'heap') this.#take(request, respond, takeHeapProfile);
    else respond(NOT_FOUND);
  }

  #take(
    request: HttpRequest,
    respond: Respond,
    take: (durationMs: number) => Promise<string>,
  ): void {
    const seconds = Number(request.query.get('seconds') ?? PROFILE_SECONDS_DEFAULT);
    if (!(seconds > 0 && seconds <= PROFILE_SECONDS_MAX)) {
      respond(errorResponse(400, `seconds must be between 0 and ${PROFILE_SECONDS_MAX}`));
      return;
    }
    if (this.#busy) {
      respond(errorResponse(503, 'another profile is being taken'));
      return;
    }
    this.#busy = true;
    take(seconds * 1000).then(
      (body) => this.#finish(respond, profileResponse(body)),
      (error: unknown) => this.#finish(respond, errorResponse(500, String(error))),
    );
  }

  #finish(respond: Respond, response: HttpResponse): void {
    this.#busy = false;
    respond(response);
  }
}

function profileResponse(body: string): HttpResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

async function takeCpuProfile(durationMs: number): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await elapse(durationMs);
    const { profile } = await session.post('Profiler.stop');
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}

async function takeHeapProfile(durationMs: number): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_SAMPLE_BYTES });
    await elapse(durationMs);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}

function elapse(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
