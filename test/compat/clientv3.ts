// Owns running the program in clientv3/ against our server. It prints its own lines and its own closing line.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, MemberProcess } from '../support/member-process.ts';
import { compatFile } from '../support/paths.ts';
import { mustRun } from '../support/run.ts';

const BUILD_TIMEOUT_MS = 1_800_000;
const CHECKS_TIMEOUT_MS = 300_000;

const program = await mustRun(compatFile('build-clientv3.sh'), [], { timeoutMs: BUILD_TIMEOUT_MS });
const root = mkdtempSync(join(tmpdir(), 'etcd-clientv3-'));
const [clientPort = 0, peerPort = 0] = await freePorts(2);
const member = await MemberProcess.start({ dataDir: join(root, 'data'), clientPort, peerPort });
const checks = spawn(program.trim(), [member.endpoint], {
  stdio: 'inherit',
  timeout: CHECKS_TIMEOUT_MS,
});
process.exitCode = await new Promise<number>((resolve, reject) => {
  checks.on('error', reject);
  checks.on('close', (code) => resolve(code ?? 1));
});
await member.stop();
rmSync(root, { recursive: true, force: true });
