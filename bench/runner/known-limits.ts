// Owns what is known about targets that are missed now and then: what was tried, and what the limit is. The page shows a
// line of it where a run misses the target, and none where it does not. Keys are the `work` of targets.ts.

const LONE_WRITER =
  'A put costs three members 0.5 to 0.7 ms of processor time on two cores. Tried and kept: the leader sends before it syncs, commit ' +
  'notices travel with the next entries and are not acknowledged, messages go to the socket past node:http, a lone entry is synced on ' +
  'the event loop, applied entries share a batch of the store: half of the processor time. Tried in vain: streams read without ' +
  "node:http's parser (8 us a put), a leader that syncs in a thread while its followers work (a fifth slower). What is late waits " +
  'for a processor or for the disk that three logs share. Most of it is gone after some seconds: when a thousand clients leave and one ' +
  'stays, V8 compiles again, 0.7 s of its threads over three members, and a put waits until a time slice of 3 ms is over. p99 in the ' +
  'first two seconds 2.9 ms, after four 1.1 to 1.3, where etcd has 1.05 throughout. In vain: one or two threads for V8, baseline code or ' +
  'feedback at once; small integers kept small in cold code took a third of the deoptimizations, and little of the time.';

const LARGE_STORE =
  'Right after a fill of 10 M keys the rate does not collapse; what is left is cache and TLB misses in the index: 0.5 us an ' +
  'update with 10 000 keys, 1.95 us with 4 M since a row lies in one piece (2.3 before). RocksDB takes under 5 % of the time.';

const LONE_CLIENT =
  'Met on the hosts before and after (0.98, 0.78), missed on one that was slower for both programs: its disk takes over 0.6 ms a sync, ' +
  'so that a lone put waits for a thread of the pool, and a halted processor takes up to 1 ms to wake. Not looked into further.';

export const KNOWN_LIMITS: ReadonlyMap<string, string> = new Map([
  ['put, one client, 1 member: p99', LONE_CLIENT],
  ['put, one client, 3 members', LONE_WRITER],
  ['put, one client, 3 members: p99', LONE_WRITER],
  [
    '10 000 idle watchers on one prefix: memory of the server',
    'The watchers take 16 MB; the program itself 95 MB before its first request, 60 of them code; the memtable of RocksDB up to 64 MB, ' +
      'twice that for a moment while it is flushed (its binding takes a smaller one only with compression of all older data); the rest ' +
      'is garbage that V8 has not looked for yet. Tried and kept: values written are cached as bytes, a lone member keeps 500 log ' +
      'entries in memory: 22 to 50 MB less, and 7 % less processor time a put. Tried and not taken: --single-threaded-gc (35 MB ' +
      'less, with half the young generation 47, for 3 % more processor time a put), limits of malloc (nothing).',
  ],
  [
    '1 M keys: worst answer under load, compaction, snapshot and defrag',
    'Two processors are not enough for server, load, snapshot thread and RocksDB at once. Of a late answer 10 to 25 ms are work of ' +
      'the loop, garbage collection included; the rest is waiting for a processor, by the loop or by a thread that holds what it needs: ' +
      'a neighbour on the machine made that 120 ms. Tried and kept: slices of 2 ms for compaction and hashing (they took 7), ' +
      'collections of the young generation without helpers, a snapshot thread of low priority, no syncs on the loop with several ' +
      'clients: in two pairs of runs of 32 s the worst were 45 and 51 ms before, 38 and 33 after, answers over 30 ms 7 and 25 before, ' +
      '5 and 1 after. Left: copying for a defragmentation and reading for a compaction, 5 us a record, in a thread.',
  ],
  ['10 M keys: put rate, empty to full (1 / ratio)', LARGE_STORE],
  [
    "a learner joins under load: writers' p99, during to before",
    'The learner works for 8 ms per MB, garbage collection included, on two processors that three members and the load share, and on ' +
      'their disk. Tried and kept: a learner reads 512 KiB and rests as long as that took; its leader sends large entries uncopied ' +
      '(copied, V8 collected its whole heap four times a second) and does not cut the log off in the middle; tables, databases and ' +
      "RocksDB's log reach the disk in pieces (75 MB at once before). With 512 MB, p99 before and during, under a load of the same shape: " +
      '35 and 85 ms, now 31 and 35. Tried in vain: rests three times as long, smaller messages and slices.',
  ],
]);
