// Owns the limits of the codec and of what log lines tell of a message.

/** Messages inside messages that are followed before the input counts as hostile: Go's protobuf stops at 10,000,
 *  a transaction of an honest client nests a handful, and a stack frame per level must never end the process. */
export const NESTING_MAX = 100;

/** Characters of a request in a log line: etcd writes all of it, but a transaction may have a megabyte of keys, and
 *  those who collect lines cut or drop them at 16 KiB. */
export const REQUEST_TEXT_CHARS_MAX = 8192;
