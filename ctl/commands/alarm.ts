// Owns `etcdctl alarm`. etcd: alarm_command.go.
import { type AlarmMember, type AlarmResponse, AlarmType } from '../../server/proto/gen/rpc.ts';
import { type Session, withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';

export const alarmCommand: Command = {
  use: 'alarm <subcommand>',
  short: 'Alarms that members have raised',
  group: Group.cluster,
  commands: [
    { use: 'disarm', short: 'Clears all alarms', run: disarm },
    { use: 'list', short: 'Lists all alarms', run: list },
  ],
};

async function list(invocation: Invocation): Promise<void> {
  if (invocation.args.length > 0) throw badArgs('alarm list command accepts no arguments');
  await withSession(invocation, async ({ client, display, timeout }) => {
    display.show({ kind: 'alarms', response: await client.maintenance.alarms(timeout) });
  });
}

async function disarm(invocation: Invocation): Promise<void> {
  if (invocation.args.length > 0) throw badArgs('alarm disarm command accepts no arguments');
  await withSession(invocation, async (session) => {
    session.display.show({ kind: 'alarms', response: await disarmAll(session) });
  });
}

/** Clears one alarm after another. etcd: clientv3 Maintenance.AlarmDisarm with an empty member. */
async function disarmAll({ client, timeout }: Session): Promise<AlarmResponse> {
  const { alarms } = await client.maintenance.alarms(timeout);
  const cleared: AlarmMember[] = [];
  for (const alarm of alarms) {
    if (alarm.alarm === AlarmType.none) continue;
    const response = await client.maintenance.deactivateAlarm(alarm, timeout);
    cleared.push(...response.alarms);
  }
  return { header: undefined, alarms: cleared };
}
