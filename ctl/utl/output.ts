// Owns how etcdutl shows what it found. etcd: etcdutl/etcdutl/printer*.go.
import { Exit, ExitError } from '../line/exit-error.ts';
import type { FlagSet } from '../line/flag-set.ts';
import { writeOut } from '../line/terminal.ts';
import { jsonText } from '../print/go-json.ts';
import { humanSize } from '../print/go-text.ts';
import { drawTable } from '../print/table.ts';
import { commaLines, type Rows } from '../print/tables.ts';
import { Unsupported } from '../print/unsupported.ts';
import type { HashKv } from './hash-kv.ts';
import type { SnapshotStatus } from './snapshot-status.ts';

const FORMATS = ['simple', 'fields', 'json', 'protobuf', 'table'] as const;

export type Format = (typeof FORMATS)[number];

/** Throws ExitError for an unknown format. */
export function formatOf(flags: FlagSet): Format {
  const format = FORMATS.find((one) => one === flags.text('write-out'));
  if (format === undefined) throw new ExitError(Exit.badFeature, 'unsupported output format');
  return format;
}

export function showStatus(format: Format, status: SnapshotStatus): void {
  const { hash, revision, totalKey, totalSize, version } = status;
  show(format, {
    json: { ...status },
    fields: { Hash: hash, Revision: revision, Keys: totalKey, Size: totalSize, Version: version },
    rows: {
      head: ['hash', 'revision', 'total keys', 'total size', 'version'],
      rows: [
        [hash.toString(16), String(revision), String(totalKey), humanSize(totalSize), version],
      ],
    },
  });
}

export function showHashKv(format: Format, found: HashKv): void {
  const { hash, hashRevision, compactRevision } = found;
  show(format, {
    json: { ...found },
    fields: { Hash: hash, 'Hash revision': hashRevision, 'Compact revision': compactRevision },
    rows: {
      head: ['hash', 'hash revision', 'compact revision'],
      rows: [[String(hash), String(hashRevision), String(compactRevision)]],
    },
  });
}

interface Shown {
  readonly json: Readonly<Record<string, string | number>>;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly rows: Rows;
}

function show(format: Format, { json, fields, rows }: Shown): void {
  switch (format) {
    case 'simple':
      writeOut(commaLines(rows));
      break;
    case 'table':
      writeOut(drawTable(rows));
      break;
    case 'json':
      writeOut(`${jsonText(json)}\n`);
      break;
    case 'fields':
      for (const [name, value] of Object.entries(fields)) writeOut(`"${name}" : ${value}\n`);
      break;
    case 'protobuf':
      throw new Unsupported('protobuf');
  }
}
