// Owns the scenarios in which members are lost one at a time, and the quorum holds: a Pod (S4), a node (S5), a volume (S6), good
// data or a start (S7).
import { AlarmType } from '../../../server/proto/gen/rpc.ts';
import type { Scenario } from '../scenario.ts';
import { ORPHAN_GONE_MS, type Stage, UNHEALTHY_AFTER_MS } from '../stage.ts';

/** From the fault to three healthy members again, over the time a sick member is given. */
const REPLACE_MS_MAX = 60_000;
const REPLACED_MS_MAX: number = UNHEALTHY_AFTER_MS + REPLACE_MS_MAX;

const podDeleted: Scenario = {
  id: 'S4',
  title: 'a deleted Pod comes back as the same member, the leader too',
  needs: ['operator'],
  play: async (stage) => {
    await stage.settle(3);
    const [ids, claims] = [stage.ids(), claimUids(stage)];
    const notes: string[] = [];
    for (const who of ['follower', 'leader'] as const) {
      const name = stage[who]();
      notes.push(`${who} ${(await stage.losePod(name)).toFixed(1)} s`);
      if (!same(stage.ids(), ids)) throw new Error('the membership was changed');
      if (!same(claimUids(stage), claims)) throw new Error('a volume was changed');
    }
    return notes.join(', ');
  },
};

/** `name` is gone for good; resolves with the seconds until three others are healthy. */
async function isReplaced(
  stage: Stage,
  name: string,
  limitMs: number = REPLACED_MS_MAX,
): Promise<number> {
  const took = await stage.within(limitMs, `${name} is replaced`, () => {
    if (stage.list().some((entry) => entry.name === name)) throw new Error(`${name} is listed`);
    return stage.isReady(3);
  });
  stage.giveBack(name);
  return took;
}

const nodeLost: Scenario = {
  id: 'S5',
  title: 'a node that is gone for good takes one member along, which is replaced',
  needs: ['operator', 'lose-node'],
  play: async (stage) => {
    await stage.settle(3, { storage: { size: '1Gi', storageClassName: 'local' } });
    const name = stage.follower();
    const node = await stage.world.nodeOf(stage.member(name));
    const { uid } = stage.pod(name) ?? {};
    stage.take(name);
    await stage.world.loseNode(node);
    await stage.says('Degraded', { status: 'True', reason: 'MemberUnhealthy' });
    const took = await isReplaced(stage, name);
    // Nobody can tell whether its process has ended: it is not forced, and its volume is kept.
    const pod = stage.observer.now.pods.find((each) => each.uid === uid);
    if (pod?.isTerminating !== true) throw new Error('the Pod was forced out');
    if (!stage.observer.now.claims.some(({ member }) => member === name)) {
      throw new Error('the volume went before the Pod');
    }
    await stage.world.removeNode(node);
    await stage.within(ORPHAN_GONE_MS, 'nothing of it is left', () => {
      const { claims, members } = stage.observer.now;
      return claims.length === 3 && members.length === 3;
    });
    return `replaced after ${took.toFixed(1)} s`;
  },
};

const nodeCut: Scenario = {
  id: 'S5b',
  title: 'the leader is cut off for a while and comes back as the same member',
  needs: ['operator', 'cut-node'],
  play: async (stage) => {
    await stage.settle(3);
    const [ids, name] = [stage.ids(), stage.leader()];
    const node = await stage.world.nodeOf(stage.member(name));
    stage.take(name);
    await stage.world.cutNode(node);
    await stage.within(20_000, 'another one leads', () => {
      const { answers } = stage.observer.now;
      return stage.voters().some((other) => {
        const answer = answers.get(other);
        return other !== name && answer !== undefined && answer.leaderId === answer.memberId;
      });
    });
    await stage.says('Degraded', { status: 'True', reason: 'MemberUnhealthy' });
    await stage.world.healNode(node);
    const took = await stage.ready(3);
    stage.giveBack(name);
    if (!same(stage.ids(), ids)) throw new Error('the membership was changed');
    return `Ready ${took.toFixed(1)} s after it is back`;
  },
};

const volumeBlank: Scenario = {
  id: 'S6a',
  title:
    'the first member comes back with an empty volume: it does not start anew, and is replaced',
  needs: ['operator', 'blank-volume'],
  play: async (stage) => {
    await stage.startOperator();
    await stage.create({ replicas: 1 });
    await stage.ready(1);
    const [seed = ''] = stage.voters();
    stage.writer.start();
    await stage.scale(3);
    const grown = await stage.ready(3, 60_000);
    stage.take(seed);
    await stage.world.blankVolume(stage.member(seed));
    const took = await isReplaced(stage, seed);
    return `1 -> 3 in ${grown.toFixed(1)} s, replaced after ${took.toFixed(1)} s`;
  },
};

const volumeGone: Scenario = {
  id: 'S6b',
  title: 'a member whose claim was deleted is not started again, and is replaced',
  needs: ['operator'],
  play: async (stage) => {
    await stage.settle(3);
    const name = stage.follower();
    stage.take(name);
    await stage.world.kube.delete(`${stage.core}/persistentvolumeclaims/data-${name}`);
    await stage.deletePod(name);
    await stage.says('Degraded', { status: 'True', reason: 'VolumeLost' });
    const took = await isReplaced(stage, name);
    return `replaced after ${took.toFixed(1)} s`;
  },
};

const dataCorrupt: Scenario = {
  id: 'S7a',
  title: 'a member that cannot read its data is replaced',
  needs: ['operator', 'corrupt-data'],
  play: async (stage) => {
    await stage.settle(3);
    const name = stage.follower();
    stage.take(name);
    await stage.world.corruptData(stage.member(name));
    const took = await isReplaced(stage, name);
    return `replaced after ${took.toFixed(1)} s`;
  },
};

const alarmed: Scenario = {
  id: 'S7b',
  title: 'a member with the CORRUPT alarm is replaced at once, and the alarm disarmed',
  needs: ['operator'],
  play: async (stage) => {
    await stage.settle(3);
    const name = stage.follower();
    const id = stage.list().find((entry) => entry.name === name)?.id ?? '0';
    stage.take(name);
    const client = stage.client(stage.leader());
    await client.maintenance.activateAlarm({
      memberId: BigInt(`0x${id}`),
      alarm: AlarmType.corrupt,
    });
    const took = await isReplaced(stage, name, REPLACE_MS_MAX);
    const { alarms } = await stage.client(stage.leader()).maintenance.alarms();
    if (alarms.length > 0) throw new Error(`${alarms.length} alarms are left`);
    return `replaced after ${took.toFixed(1)} s`;
  },
};

const crashLoops: Scenario = {
  id: 'S7c',
  title: 'a member that ends whenever it starts is replaced',
  needs: ['operator', 'crash-loop'],
  play: async (stage) => {
    await stage.settle(3);
    const name = stage.leader();
    stage.take(name);
    await stage.world.crashLoop(stage.member(name));
    const took = await isReplaced(stage, name);
    return `replaced after ${took.toFixed(1)} s`;
  },
};

function claimUids(stage: Stage): readonly string[] {
  return stage.observer.now.claims.map(({ uid }) => uid).sort();
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

export const MEMBER_SCENARIOS: readonly Scenario[] = [
  podDeleted,
  nodeLost,
  nodeCut,
  volumeBlank,
  volumeGone,
  dataCorrupt,
  alarmed,
  crashLoops,
];
