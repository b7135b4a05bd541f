// Owns the metrics that hold for the whole process: etcd's static ones, Prometheus's process_* collector and the go_*
// names that dashboards of etcd use, filled with what Node has that comes nearest. Measured when they are scraped.
//
// What stands for what:
//   go_goroutines            requests, timers and sockets the event loop waits for
//   go_memstats_heap_*       V8's heap; alloc and sys count memory outside of it too
//   go_memstats_alloc_bytes_total   a lower bound: what the heap grew between scrapes
//   go_gc_duration_seconds   pauses of all kinds of collections
//   the rest of go_memstats_*       always 0: V8 has no such thing
import { availableParallelism } from 'node:os';
import { cpuUsage, getActiveResourcesInfo, memoryUsage, uptime, versions } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import type { MetricRegistry } from '../base/metrics.ts';
import { SERVER_VERSION } from '../base/version.ts';
import { GcSummary } from './gc-summary.ts';
import {
  fileDescriptorLimit,
  networkBytes,
  openFileDescriptors,
  processSizes,
} from './proc-files.ts';

export interface FeatureState {
  readonly name: string;
  /** "ALPHA" or "BETA". */
  readonly stage: string;
  readonly enabled: boolean;
}

/** Figures of Go's that have no counterpart; dashboards expect the names. */
const GO_ZEROS: readonly string[] = [
  'go_memstats_buck_hash_sys_bytes',
  'go_memstats_gc_sys_bytes',
  'go_memstats_heap_objects',
  'go_memstats_heap_released_bytes',
  'go_memstats_mcache_inuse_bytes',
  'go_memstats_mcache_sys_bytes',
  'go_memstats_mspan_inuse_bytes',
  'go_memstats_mspan_sys_bytes',
  'go_memstats_stack_inuse_bytes',
  'go_memstats_stack_sys_bytes',
];

/** Registers the metrics of the process in one registry and measures them. */
export class ProcessMetrics {
  readonly #metrics: MetricRegistry;
  readonly #gc: GcSummary;
  #heapUsedBytes = 0;

  constructor(metrics: MetricRegistry, features: readonly FeatureState[]) {
    this.#metrics = metrics;
    this.#gc = new GcSummary();
    const version = { server_version: SERVER_VERSION };
    metrics.gauge('etcd_server_version', 'Running version: 1 for the label.', version).set(1);
    const runtime = { server_go_version: `node${versions.node}` };
    metrics.gauge('etcd_server_go_version', 'Running runtime: 1 for the label.', runtime).set(1);
    for (const { name, stage, enabled } of features) {
      const help = 'Whether a feature gate is on.';
      metrics.gauge('etcd_server_feature_enabled', help, { name, stage }).set(enabled ? 1 : 0);
    }
    metrics.gauge('go_info', 'Running runtime: 1.', { version: `node${versions.node}` }).set(1);
    metrics.counter('go_memstats_frees_total', 'Not counted by V8.');
    metrics.counter('go_memstats_mallocs_total', 'Not counted by V8.');
    for (const name of GO_ZEROS) metrics.gauge(name, 'Not known to V8.').set(0);
    const startSeconds = Date.now() / 1000 - uptime();
    this.#set('process_start_time_seconds', 'Start of the process, Unix time.', startSeconds);
  }

  /** Measures everything. Returns the text of what a registry does not hold: the summary of collections. */
  collect(): string {
    this.#collectProcess();
    this.#collectMemory();
    this.#set('go_goroutines', 'What the loop waits for.', getActiveResourcesInfo().length);
    this.#set('go_sched_gomaxprocs_threads', 'Processors usable.', availableParallelism());
    this.#set('go_gc_gogc_percent', 'Always 100: V8 decides itself.', 100);
    return this.#gc.print('go_gc_duration_seconds');
  }

  /** Stops watching garbage collections. */
  close(): void {
    this.#gc.close();
  }

  #collectProcess(): void {
    const fdsUsed = openFileDescriptors() ?? 0;
    const fdsMax = fileDescriptorLimit() ?? 0;
    this.#set('os_fd_used', 'Open file descriptors.', fdsUsed);
    this.#set('os_fd_limit', 'Limit of file descriptors.', fdsMax);
    this.#set('process_open_fds', 'Open file descriptors.', fdsUsed);
    this.#set('process_max_fds', 'Limit of file descriptors.', fdsMax);
    const sizes = processSizes();
    this.#set('process_virtual_memory_bytes', 'Address space.', sizes?.virtualBytes ?? 0);
    this.#set('process_virtual_memory_max_bytes', 'Limit of the address space.', 2 ** 64);
    this.#set('go_threads', 'Threads of the process.', sizes?.threadCount ?? 0);
    const cpu = cpuUsage();
    this.#count('process_cpu_seconds_total', 'CPU time.', (cpu.user + cpu.system) / 1e6);
    const network = networkBytes();
    this.#count('process_network_receive_bytes_total', 'Received.', network?.received ?? 0);
    this.#count('process_network_transmit_bytes_total', 'Sent.', network?.sent ?? 0);
  }

  #collectMemory(): void {
    const { rss, heapTotal, heapUsed, external } = memoryUsage();
    const { heap_size_limit: heapMax } = getHeapStatistics();
    this.#set('process_resident_memory_bytes', 'Resident memory.', rss);
    this.#set('go_memstats_alloc_bytes', 'Heap and external memory in use.', heapUsed + external);
    this.#set('go_memstats_sys_bytes', 'Resident memory.', rss);
    this.#set('go_memstats_heap_alloc_bytes', 'Heap in use.', heapUsed);
    this.#set('go_memstats_heap_inuse_bytes', 'Heap in use.', heapUsed);
    this.#set('go_memstats_heap_idle_bytes', 'Heap not in use.', heapTotal - heapUsed);
    this.#set('go_memstats_heap_sys_bytes', 'Heap.', heapTotal);
    const other = Math.max(0, rss - heapTotal - external);
    this.#set('go_memstats_other_sys_bytes', 'Code, stacks and native memory.', other);
    this.#set('go_memstats_next_gc_bytes', 'Limit of the heap.', heapMax);
    this.#set('go_gc_gomemlimit_bytes', 'Limit of the heap.', heapMax);
    const last = this.#gc.lastEndSeconds;
    this.#set('go_memstats_last_gc_time_seconds', 'Last collection, Unix time.', last);
    const grown = Math.max(0, heapUsed - this.#heapUsedBytes);
    this.#heapUsedBytes = heapUsed;
    this.#metrics
      .counter('go_memstats_alloc_bytes_total', 'What the heap grew between scrapes.')
      .add(grown);
  }

  #set(name: string, help: string, value: number): void {
    this.#metrics.gauge(name, help).set(value);
  }

  /** A counter that somebody else counts. */
  #count(name: string, help: string, value: number): void {
    this.#metrics.counter(name, help).value = value;
  }
}
