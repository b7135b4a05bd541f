// Owns the answer of /v3 while the JSON form of the API is missing: an error in the form that its clients read.
import { jsonResponse } from './responses.ts';
import type { HttpHandler } from './types.ts';

/** gRPC's Unimplemented. */
const UNIMPLEMENTED = 12;

/** Stands in for the gateway in `HttpPorts.gateway`. */
export const missingGateway: HttpHandler = (_request, respond) => {
  const message = 'the HTTP/JSON form of the API is not supported by etcd-ts yet; use gRPC';
  respond(jsonResponse(501, { code: UNIMPLEMENTED, message, details: [] }));
};
