// Goal: dashboards of etcd find the process figures they ask for, with values that can be true. Method: the metrics
// are collected in this process. A failure means a panel stays empty or shows nonsense.
import { afterEach, describe, expect, it } from 'vitest';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { ProcessMetrics } from '../../../server/http/process-metrics.ts';

const NAMES = [
  'etcd_server_version{server_version="3.7.1"} 1',
  'etcd_server_go_version{server_go_version="node',
  'etcd_server_feature_enabled{name="A",stage="ALPHA"} 0',
  'etcd_server_feature_enabled{name="B",stage="BETA"} 1',
  'go_gc_gogc_percent ',
  'go_gc_gomemlimit_bytes ',
  'go_goroutines ',
  'go_info{version="node',
  'go_memstats_alloc_bytes ',
  'go_memstats_alloc_bytes_total ',
  'go_memstats_buck_hash_sys_bytes ',
  'go_memstats_frees_total ',
  'go_memstats_gc_sys_bytes ',
  'go_memstats_heap_alloc_bytes ',
  'go_memstats_heap_idle_bytes ',
  'go_memstats_heap_inuse_bytes ',
  'go_memstats_heap_objects ',
  'go_memstats_heap_released_bytes ',
  'go_memstats_heap_sys_bytes ',
  'go_memstats_last_gc_time_seconds ',
  'go_memstats_mallocs_total ',
  'go_memstats_mcache_inuse_bytes ',
  'go_memstats_mcache_sys_bytes ',
  'go_memstats_mspan_inuse_bytes ',
  'go_memstats_mspan_sys_bytes ',
  'go_memstats_next_gc_bytes ',
  'go_memstats_other_sys_bytes ',
  'go_memstats_stack_inuse_bytes ',
  'go_memstats_stack_sys_bytes ',
  'go_memstats_sys_bytes ',
  'go_sched_gomaxprocs_threads ',
  'go_threads ',
  'os_fd_limit ',
  'os_fd_used ',
  'process_cpu_seconds_total ',
  'process_max_fds ',
  'process_network_receive_bytes_total ',
  'process_network_transmit_bytes_total ',
  'process_open_fds ',
  'process_resident_memory_bytes ',
  'process_start_time_seconds ',
  'process_virtual_memory_bytes ',
  'process_virtual_memory_max_bytes ',
];

let processMetrics: ProcessMetrics | undefined;

afterEach(() => {
  processMetrics?.close();
});

function collect(): string {
  const metrics = new MetricRegistry();
  processMetrics = new ProcessMetrics(metrics, [
    { name: 'A', stage: 'ALPHA', enabled: false },
    { name: 'B', stage: 'BETA', enabled: true },
  ]);
  const beside = processMetrics.collect();
  return metrics.print() + beside;
}

function sampleOf(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

describe('ProcessMetrics', () => {
  it('has every name', () => {
    const text = collect();
    for (const name of NAMES) expect(text).toContain(`\n${name}`);
    expect(text).toContain('# TYPE go_gc_duration_seconds summary\n');
    expect(text).toContain('go_gc_duration_seconds{quantile="0.5"} ');
    expect(text).toContain('# TYPE process_cpu_seconds_total counter\n');
  });

  it('has values that can be true', () => {
    const text = collect();
    const now = Date.now() / 1000;
    expect(sampleOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(10e6);
    expect(sampleOf(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(sampleOf(text, 'process_start_time_seconds')).toBeLessThan(now);
    expect(sampleOf(text, 'process_start_time_seconds')).toBeGreaterThan(now - 3600);
    expect(sampleOf(text, 'os_fd_used')).toBeGreaterThan(2);
    expect(sampleOf(text, 'os_fd_limit')).toBeGreaterThan(sampleOf(text, 'os_fd_used'));
    expect(sampleOf(text, 'go_threads')).toBeGreaterThan(1);
  });
});
