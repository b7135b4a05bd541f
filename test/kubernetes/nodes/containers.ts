// Owns reaching into the containers of Pods from outside: their processes, by the cgroup kubelet made for them, and with
// these their signals and their network.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, listAt, recordAt, textAt } from '../../../operator/kube/decode.ts';
import { planNode } from './plan.ts';

const CGROUPS = '/sys/fs/cgroup/pids';

/** Process numbers, as this machine counts, of the first container of a Pod; none when it does not run. */
export function processesOf(pod: Json): readonly number[] {
  const [status = {}] = listAt(recordAt(pod, 'status'), 'containerStatuses');
  const id = textAt(status, 'containerID')?.replace('containerd://', '');
  const node = textAt(recordAt(pod, 'spec'), 'nodeName');
  if (id === undefined || id === '' || node === undefined) return [];
  const group = join(CGROUPS, planNode(Number(node.slice('node'.length))).cgroup);
  const found = execFileSync('find', [group, '-type', 'd', '-name', id], { encoding: 'utf8' });
  const [folder] = found.split('\n');
  if (folder === undefined || folder === '') return [];
  return readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim().split('\n').map(Number);
}

/** To all processes of the container. Throws when there are none. */
export function signal(pod: Json, name: NodeJS.Signals): void {
  const found = processesOf(pod);
  if (found.length === 0)
    throw new Error(`nothing runs in ${textAt(recordAt(pod, 'metadata'), 'name')}`);
  for (const each of found) process.kill(each, name);
}

/** A rule of iptables in the network of the Pod. */
export function filter(pod: Json, ...rule: readonly string[]): void {
  const [first] = processesOf(pod);
  if (first === undefined) throw new Error('nothing runs there');
  execFileSync('nsenter', ['--target', `${first}`, '--net', 'iptables', ...rule]);
}
