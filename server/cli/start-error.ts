// Owns the one kind of error that ends a start: the disk, the configuration or the addresses do not allow a member.

/** The message is for the person who started the member. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
