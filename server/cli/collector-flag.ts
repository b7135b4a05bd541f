// Owns how V8 collects garbage here, as far as it can be told at run time; the size of the young generation cannot, see
// bin/etcd.
//
// By default helper threads take part in a collection of the young generation, and the event loop waits for the last of them.
// Where there is more to do than processors, a helper waits for its turn in the middle of a pause: with 1 M keys, load,
// snapshots and defragmentation on two processors the loop slept up to 90 ms in a pause of 2 ms, until a helper woke it.
// Collections of the old generation keep theirs: they are rare, and without helpers some took 30 to 44 ms instead of 20.
// --no-parallel-marking must stay out: V8 11.3 ends with a failed check when it marks beside the program.
//
// 1000 clients putting, 7 interleaved runs on a busy machine, medians (and spread), with helpers and without: 80 539
// (67 596-108 370) and 84 118 (71 050-97 581) puts/s, p99 31.9 (25.3-49.2) and 31.4 ms (27.0-40.4), 10.3 (9.2-10.8) and
// 9.5 us (9.0-10.0) of processor time a put, 318 and 326 MB.

import { setFlagsFromString } from 'node:v8';

/** To be called before there is anything to collect. */
export function setCollectorFlag(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
