// Owns the two kinds of streams and their names on the wire and in the log. etcd: rafthttp/stream.go streamType.

/** `msgapp` carries log entries alone, `message` everything else. */
export type StreamKind = 'message' | 'msgapp';

export const STREAM_NAMES: Readonly<Record<StreamKind, string>> = {
  message: 'stream Message',
  msgapp: 'stream MsgApp v2',
};

export const STREAM_PREFIX = '/raft/stream/';
