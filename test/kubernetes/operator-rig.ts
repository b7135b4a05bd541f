// Loaded into an operator before its own code, with --import: makes it kill itself right after a given act, and puts its clock
// ahead. The rest is the operator as it is shipped.
//
//   RIG_CRASH_AFTER   the number of the act after which it dies (1 is the first), or the kind of that act
//   RIG_LAST_ACT      a file that the kind of that act is written to
//   RIG_AHEAD_MS      how far its clock is ahead
import { writeFileSync } from 'node:fs';
import { ClusterObjects } from '../../operator/kube/cluster-objects.ts';
import { EtcdMembers } from '../../operator/member/etcd-members.ts';

const crashAfter = process.env['RIG_CRASH_AFTER'] ?? '';
const lastActFile = process.env['RIG_LAST_ACT'];
const aheadMs = Number(process.env['RIG_AHEAD_MS'] ?? 0);

let acts = 0;

/** Dead before the act is told of, or anything else is done. */
function dieWhenDue(kind: string): void {
  acts += 1;
  if (String(acts) !== crashAfter && kind !== crashAfter) return;
  if (lastActFile !== undefined) writeFileSync(lastActFile, kind);
  process.kill(process.pid, 'SIGKILL');
}

if (crashAfter !== '') {
  const objects = ClusterObjects.prototype;
  const { perform: performOnObjects } = objects;
  objects.perform = async function performAndDie(cluster, change, signal) {
    await performOnObjects.call(this, cluster, change, signal);
    dieWhenDue(change.kind);
  };
  const members = EtcdMembers.prototype;
  const { perform: performOnMembers } = members;
  members.perform = async function performAndDie(endpoints, change, signal) {
    await performOnMembers.call(this, endpoints, change, signal);
    dieWhenDue(change.kind);
  };
}

if (aheadMs > 0) {
  const { now } = Date;
  Date.now = () => now() + aheadMs;
}
