// Owns the headings under which the help of etcdctl lists commands.

export const Group = {
  keys: 'Key-value commands',
  cluster: 'Cluster maintenance commands',
  concurrency: 'Concurrency commands',
  auth: 'Authentication commands',
  utility: 'Utility commands',
} as const;
