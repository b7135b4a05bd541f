// Owns the scenarios in which more is lost than a quorum bears: everything restarts (S8), volumes of most are gone (S9), most
// crash (S7d), a member turns out to be another cluster's (S18).
import { setTimeout as pause } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { type Stage, UNHEALTHY_AFTER_MS } from '../stage.ts';

/** Longer than a sick member is given. */
const PATIENCE_MS: number = UNHEALTHY_AFTER_MS + 15_000;

const everythingRestarts: Scenario = {
  id: 'S8',
  title:
    'all Pods end as Failed, then all are killed, then all are deleted: the same members come back',
  needs: ['operator', 'kill-member', 'restart-nodes'],
  play: async (stage) => {
    await stage.settle(3);
    const [ids, voters] = [stage.ids(), stage.voters()];
    const clusterId = stage.cluster().status?.clusterID;
    const notes: string[] = [];
    const falls: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['Failed', () => stage.world.restartNodes(stage.namespace)],
      [
        'killed',
        () => Promise.all(voters.map((name) => stage.world.killMember(stage.member(name)))),
      ],
      ['deleted', () => Promise.all(voters.map((name) => stage.deletePod(name)))],
    ];
    for (const [how, fall] of falls) {
      stage.take(...voters);
      const lives = voters.map((name) => stage.life(name));
      await fall();
      await stage.within(30_000, `all have ended (${how})`, () =>
        voters.every((name, i) => stage.life(name) !== lives[i]),
      );
      await stage.within(60_000, 'all are up', () => voters.every((name) => stage.isUp(name)));
      notes.push(`${how} ${(await stage.ready(3)).toFixed(1)} s`);
      stage.giveBack(...voters);
      if (!same(stage.ids(), ids)) throw new Error('the membership was changed');
    }
    if (stage.cluster().status?.clusterID !== clusterId) throw new Error('another cluster');
    return notes.join(', ');
  },
};

/** With no quorum there is nobody to ask: what the objects say must stay. */
function remains(stage: Stage): string {
  const { members, claims } = stage.observer.now;
  return [...members, ...claims.map(({ uid }) => uid)].sort().join();
}

const volumesLost: Scenario = {
  id: 'S9',
  title: 'two of three volumes are lost: nothing is touched, and the status says so',
  needs: ['operator', 'blank-volume'],
  ends: 'broken',
  play: async (stage) => {
    await stage.settle(3);
    const [before, survivor] = [remains(stage), stage.leader()];
    const others = stage.voters().filter((name) => name !== survivor);
    const { uid } = stage.pod(survivor) ?? {};
    stage.take(...others);
    await pause(2_000);
    // Stopped first: acknowledged writes are in the one that stays.
    await stage.writer.stop();
    await pause(500);
    await Promise.all(others.map((name) => stage.world.blankVolume(stage.member(name))));
    const told = await stage.says('Available', { status: 'False', reason: 'QuorumLost' });
    await stage.says('Ready', { status: 'False' }, 1_000);
    await stage.stays(PATIENCE_MS, 'nothing was touched', () => remains(stage) === before);
    if (stage.pod(survivor)?.uid !== uid) throw new Error('the survivor was touched');
    if (stage.condition('Available')?.reason !== 'QuorumLost') throw new Error('it says otherwise');
    return `told in ${told.toFixed(1)} s`;
  },
};

const mostCrash: Scenario = {
  id: 'S7d',
  title: 'two of three crash at once: nothing is removed, and all is well when they stop',
  needs: ['operator', 'crash-loop'],
  play: async (stage) => {
    await stage.settle(3);
    const [before, ids] = [remains(stage), stage.ids()];
    const [first = '', second = ''] = stage.voters();
    stage.take(first, second);
    for (const name of [first, second]) await stage.world.crashLoop(stage.member(name));
    const told = await stage.says('Available', { status: 'False', reason: 'QuorumLost' });
    await stage.stays(PATIENCE_MS, 'nothing was removed', () => remains(stage) === before);
    for (const name of [first, second]) await stage.world.mend(stage.member(name));
    const took = await stage.ready(3);
    stage.giveBack(first, second);
    if (!same(stage.ids(), ids)) throw new Error('the membership was changed');
    return `told in ${told.toFixed(1)} s, Ready ${took.toFixed(1)} s after`;
  },
};

const stranger: Scenario = {
  id: 'S18',
  title:
    'a member that answers for another cluster is named, taken out of the Service, and left alone',
  needs: ['operator', 'plant-stranger'],
  ends: 'broken',
  play: async (stage) => {
    await stage.settle(3);
    const [ids, name] = [stage.ids(), stage.follower()];
    stage.take(name);
    await stage.world.plantStranger(stage.member(name));
    const told = await stage.says('Degraded', { status: 'True', reason: 'ClusterIdMismatch' });
    const { uid } = stage.pod(name) ?? {};
    const role = await podRole(stage, name);
    if (role === 'voter') throw new Error('the client Service still selects it');
    await stage.stays(PATIENCE_MS, 'it is left alone', () => {
      return same(stage.ids(), ids) && stage.pod(name)?.uid === uid;
    });
    const { endpoints = [] } = stage.cluster().status ?? {};
    if (endpoints.some((url) => url.includes(name))) throw new Error('it is an endpoint');
    return `told in ${told.toFixed(1)} s, role ${role}`;
  },
};

async function podRole(stage: Stage, name: string): Promise<unknown> {
  const { metadata } = await stage.world.kube.get(`${stage.core}/pods/${name}`);
  const labels: unknown = Object(metadata).labels;
  return Object(labels)['etcd-ts.io/role'];
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

export const QUORUM_SCENARIOS: readonly Scenario[] = [
  everythingRestarts,
  volumesLost,
  mostCrash,
  stranger,
];
