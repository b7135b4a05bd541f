// Owns reading a CPU profile of V8 by the folders of the server: how much of the time each layer took. Pure.

/** The part of V8's .cpuprofile that is used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  /** Node ids, one per sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Layers in the order of a request's way through the server. */
export const LAYERS = [
  'transport',
  'messages',
  'raft and log',
  'store',
  'garbage collection',
  'event loop',
  'rest',
] as const;

export type Layer = (typeof LAYERS)[number];

const LAYER_OF_FOLDER: Readonly<Record<string, Layer>> = {
  listen: 'transport',
  http: 'transport',
  http2: 'transport',
  rpc: 'messages',
  proto: 'messages',
  raft: 'raft and log',
  node: 'raft and log',
  cluster: 'raft and log',
  // Files and syncs of the log.
  storage: 'raft and log',
  'storage/wal': 'raft and log',
  'storage/snap': 'raft and log',
  apply: 'store',
  mvcc: 'store',
  lease: 'store',
  'storage/rocks': 'store',
};

/** V8's names for what is no function. */
const SPECIAL: Readonly<Record<string, Layer | undefined>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'event loop',
};

/**
 * Microseconds of the profile by layer, waiting left out. Code outside the server's folders (Node's own, RocksDB's
 * binding, system calls) counts for the layer that called it.
 */
export function timeByLayer(profile: CpuProfile): Map<Layer, number> {
  const layers = layersOfNodes(profile);
  const times = new Map<Layer, number>();
  profile.samples.forEach((id, i) => {
    const layer = layers.get(id);
    if (layer === undefined) return;
    times.set(layer, (times.get(layer) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });
  return times;
}

/** Each node's layer; none for waiting. */
function layersOfNodes({ nodes }: CpuProfile): Map<number, Layer> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const layers = new Map<number, Layer>();
  const children = new Set(nodes.flatMap((node) => node.children ?? []));
  const open = nodes
    .filter(({ id }) => !children.has(id))
    .map(({ id }) => ({ id, caller: 'event loop' as Layer }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = byId.get(next.id);
    if (node === undefined || node.callFrame.functionName === '(idle)') continue;
    const layer =
      SPECIAL[node.callFrame.functionName] ?? layerOfUrl(node.callFrame.url) ?? next.caller;
    layers.set(node.id, layer);
    for (const id of node.children ?? []) open.push({ id, caller: layer });
  }
  return layers;
}

/** The layer of a file of the server, undefined for any other. */
function layerOfUrl(url: string): Layer | undefined {
  const folders = /\/server\/((?:storage\/)?[a-z0-9]+)\//.exec(url)?.[1];
  if (folders === undefined) return undefined;
  return LAYER_OF_FOLDER[folders] ?? 'rest';
}
