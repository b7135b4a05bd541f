// Owns the limits of the codec.

/** Messages inside messages that are followed before the input counts as hostile: Go's protobuf stops at 10,000,
 *  a transaction of an honest client nests a handful, and a stack frame per level must never end the process. */
export const NESTING_MAX = 100;
