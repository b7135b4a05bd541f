// Owns what the tests of etcdctl share: one server, the program pointed at it, and what its commands end with.
import { expect } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';
import { Tool, type ToolEnd, type ToolRun } from '../support/tool-process.ts';

export class EtcdctlRig {
  readonly server: ServerProcess;
  readonly tool: Tool;

  private constructor(server: ServerProcess, tool: Tool) {
    this.server = server;
    this.tool = tool;
  }

  static async start(): Promise<EtcdctlRig> {
    const [server, tool] = await Promise.all([ServerProcess.start(), Tool.make('etcdctl')]);
    return new EtcdctlRig(server, tool.with('--endpoints', server.endpoint));
  }

  async remove(): Promise<void> {
    this.tool.remove();
    await this.server.remove();
  }

  run(args: readonly string[], options: ToolRun = {}): Promise<ToolEnd> {
    return this.tool.run(args, options);
  }

  /** Standard output of a command that succeeds and has nothing to complain about. */
  async out(args: readonly string[], options: ToolRun = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  }

  /** Exit code and standard error. */
  async failure(
    args: readonly string[],
    options: ToolRun = {},
  ): Promise<readonly [number | null, string]> {
    const { status, stderr } = await this.run(args, options);
    return [status, stderr.trimEnd()];
  }

  async revision(): Promise<number> {
    const text = await this.out(['get', 'x', '-w', 'json']);
    return Number(/"revision":(\d+)/.exec(text)?.[1]);
  }

  /** The ids in the answers' headers, in decimal digits. */
  async ids(): Promise<{ readonly memberId: string; readonly clusterId: string }> {
    const text = await this.out(['member', 'list', '-w', 'json']);
    return {
      memberId: /"member_id":(\d+)/.exec(text)?.[1] ?? '',
      clusterId: /"cluster_id":(\d+)/.exec(text)?.[1] ?? '',
    };
  }
}
