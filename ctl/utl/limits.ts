// Owns the bounds of etcdutl's work on files.

/** Rows handed from the reader to the writer at once: enough to make the hand-over cheap, little enough to hold. */
export const ROWS_PER_BATCH = 1_000;
