// Owns the numbers of exports of the database, and the reason for each. The parts of this folder have their own.

/** Exports for clients that exist at once, from the first byte written to the last one sent: each is a file of the size of
 *  the database. A backup, an operator's look and a copy for a test are three; more only share the same disk. */
export const CLIENT_EXPORTS_MAX = 4;

/** Clients that wait for their turn; the next one is refused. Whoever runs that many backups has a loop in a script. */
export const CLIENT_EXPORTS_WAITING_MAX = 64;

/** Exports for peers, apart from those for clients: a member that cannot follow without one must not wait for backups. A
 *  new leader of five members may find four that are behind. */
export const PEER_EXPORTS_MAX = 4;

/** Peers that wait; the transport has no more than 16 under way. */
export const PEER_EXPORTS_WAITING_MAX = 16;

/** An export leaves so much of the disk free: two segments of the log, which are what it fills before anybody has looked.
 *  A log without room is fatal. More would refuse backups on volumes of a gigabyte. */
export const EXPORT_FREE_BYTES_MIN: number = 128 * 1024 * 1024;

/** How often it is looked, while an export is made, whether the disk still has that: records of 1 KB take 1.3 times their
 *  size in a file of pages, those of just over half a page twice, and others write too. A thread writes 20 MB in this time. */
export const EXPORT_LOOK_MS = 100;
