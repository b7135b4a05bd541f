// Owns the numbers of the services, each with its reason. Those of the gRPC protocol are in grpc/limits.ts.

/** A client that takes nothing of its snapshot for so long is given up: its file is one of a few, and others wait. Backups
 *  that are piped into a slow store stand still for seconds, a load balancer's dead connection for ever. */
export const SNAPSHOT_STALL_MS: number = 3 * 60 * 1000;
