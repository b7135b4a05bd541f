// Goal: what the operator asks of members is what they answer. Method: a real member, and addresses where there is none. A
// failure means an operator that decides on wrong facts, or waits for a dead member.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../../client/client.ts';
import type { MemberPort } from '../../../operator/controller/ports.ts';
import { EtcdMembers } from '../../../operator/member/etcd-members.ts';
import { ServerProcess } from '../../support/server-process.ts';

const DEAD = { name: 'dead', url: 'http://127.0.0.1:1' };

let server: ServerProcess;
let members: EtcdMembers;
let alive: { readonly name: string; readonly url: string };

beforeAll(async () => {
  server = await ServerProcess.start();
  members = new EtcdMembers();
  alive = { name: 'alive', url: `http://${server.endpoint}` };
});

afterAll(async () => {
  members.close();
  await server.remove();
});

function soon(): AbortSignal {
  return AbortSignal.timeout(5_000);
}

describe('members', () => {
  it('have the shape the controller asks for', () => {
    const port: MemberPort = members;
    expect(port).toBe(members);
  });

  it('tell their status, and fail when they are not there', async () => {
    const status = await members.status(alive, soon());
    expect(status).toMatchObject({ kind: 'answered', isLearner: false });
    expect(status.version).toMatch(/^3\.7\./);
    expect(status.leaderId).toBe(status.memberId);
    expect(status.memberId).toMatch(/^[1-9a-f][0-9a-f]*$/);
    await expect(members.status(DEAD, soon())).rejects.toThrow();
  });

  it('are listed by whoever answers', async () => {
    const status = await members.status(alive, soon());
    const list = await members.memberList([DEAD, alive], status.clusterId, soon());
    expect(list.clusterId).toBe(status.clusterId);
    expect(list.entries).toMatchObject([{ id: status.memberId, isLearner: false }]);
    const other = await members.memberList([DEAD, alive], 'f00', soon());
    expect(other.clusterId).toBe(status.clusterId);
    await expect(members.memberList([DEAD], undefined, soon())).rejects.toThrow();
    await expect(members.memberList([], undefined, soon())).rejects.toThrow('no member to ask');
  });

  it('are added once and removed once, however often it is asked', async () => {
    const peerUrl = 'http://127.0.0.1:2';
    const add = { kind: 'memberAdd', peerUrl } as const;
    await members.perform([DEAD, alive], add, soon());
    await members.perform([alive], add, soon());
    const list = await members.memberList([alive], undefined, soon());
    const learner = list.entries.find((entry) => entry.isLearner);
    expect(learner?.peerUrls).toEqual([peerUrl]);
    const memberId = learner?.id ?? '';
    await members.perform([alive], { kind: 'memberPromote', memberId }, soon());
    for (let count = 0; count < 2; count++) {
      await members.perform([alive], { kind: 'memberRemove', memberId }, soon());
    }
    expect((await members.memberList([alive], undefined, soon())).entries).toHaveLength(1);
  });

  it('tell their alarms, which can be disarmed', async () => {
    const { memberId } = await members.status(alive, soon());
    const client = new EtcdClient({ endpoints: [alive.url] });
    await client.maintenance.activateAlarm({ memberId: BigInt(`0x${memberId}`), alarm: 1 });
    client.close();
    expect(await members.status(alive, soon())).toMatchObject({ hasAlarms: true });
    const alarm = { memberId, type: 'NOSPACE' } as const;
    expect(await members.alarms([DEAD, alive], soon())).toEqual([alarm]);
    await members.perform([alive], { kind: 'disarmAlarm', alarm }, soon());
    expect(await members.alarms([alive], soon())).toEqual([]);
    expect(await members.status(alive, soon())).toMatchObject({ hasAlarms: false });
  });

  it('hand over leadership only when they lead', async () => {
    const change = { kind: 'moveLeader', leaderId: '1', targetId: '2' } as const;
    await expect(members.perform([alive], change, soon())).rejects.toThrow('does not lead');
  });
});
