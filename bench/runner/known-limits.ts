// Owns what is known about targets that are missed now and then: what was tried, and what the limit is. The page shows a
// line of it where a run misses the target, and none where it does not. Keys are the `work` of targets.ts.

const LONE_WRITER =
  'A put costs three members about 1 ms of processor time on two cores, half of it in system calls. Tried and kept: the leader ' +
  'sends before it syncs, commit notices travel with the next entries and are not acknowledged, messages go to the socket ' +
  "past node:http, a lone entry is synced on the event loop: a fifth to a third less processor time. Tried in vain: streams read without node:http's " +
  'parser (8 us a put). Left: the store is committed in every turn (18 us on the leader, 39 us on a follower), which could wait.';

const LARGE_STORE =
  'Right after a fill of 10 M keys the rate does not collapse; what is left is cache and TLB misses in the index: 0.5 us an ' +
  'update with 10 000 keys, 1.95 us with 4 M since a row lies in one piece (2.3 before). RocksDB takes under 5 % of the time.';

export const KNOWN_LIMITS: ReadonlyMap<string, string> = new Map([
  ['put, one client, 3 members', LONE_WRITER],
  ['put, one client, 3 members: p99', LONE_WRITER],
  [
    '10 000 idle watchers on one prefix: memory of the server',
    'The watchers take 16 MB; the rest is what a load of puts leaves: 87 MB of heap of V8, 64 MB of RocksDB memtable, whose size ' +
      'its binding does not let us choose, 50 MB of programs. Tried: limits of malloc (nothing), --heap-growing-percent=50 ' +
      '(55 MB less for a fifth more processor time a put: not taken). Requests in flight no longer outlive their turn: 18 to 39 MB less.',
  ],
  [
    '1 M keys: worst answer under load, compaction, snapshot and defrag',
    'The longest slice of work is 10 ms, and a run of 20 s stayed under 50 ms; in minutes of it the worst of a hundred answers a ' +
      'second comes later. Where the rest of its time goes was not looked into yet.',
  ],
  ['10 M keys: put rate, empty to full (1 / ratio)', LARGE_STORE],
  [
    "a learner joins under load: writers' p99, during to before",
    'The data comes as log entries, and members here share a disk and two cores. Tried and kept: a learner reads 512 KiB and rests as ' +
      'long as that took; tables and databases reach the disk in pieces of 4 MiB; large writes of the log ask for no zeros ahead. ' +
      'Before: 5 to 14 times, with the same load beside it 1.7 to 2.5 times.',
  ],
]);
