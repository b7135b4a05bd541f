// Owns the error for bytes of a peer that are not what the protocol says: they end the stream or the request.

export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
}
