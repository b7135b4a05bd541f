// Goal: the bytes of the log are etcd's, to the byte. Method: worked examples written out by hand (a new log, the
// records of a bootstrap, the head of a second segment) are compared with what the encoder and a new log produce.
// A failure means that etcd's tools can no longer read our log, or we not theirs.
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../../server/storage/wal/create-log.ts';
import { RecordEncoder, RecordType } from '../../../../server/storage/wal/record-encoder.ts';
import { parseSegmentName, segmentName } from '../../../../server/storage/wal/segment-name.ts';
import {
  decodeMetadata,
  decodeWalSnapshot,
  encodeMetadata,
  encodeWalSnapshot,
} from '../../../../server/storage/wal/wal-messages.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

function hex(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function encoded(encoder: RecordEncoder): string {
  return Buffer.from(encoder.bytes.subarray(0, encoder.length)).toString('hex');
}

const METADATA = { nodeId: 0x8e9e05c52164694dn, clusterId: 0xcdf818194e3a8c32n };
const METADATA_HEX = '08cdd2918bd2b881cf8e0110b298eaf1948386fccd01';

const NEW_LOG = hex(`
  04 00 00 00 00 00 00 84  08 04 10 00 00 00 00 00
  20 00 00 00 00 00 00 00  08 01 10 bb 81 c7 fc 05 1a 16 ${METADATA_HEX}
  0e 00 00 00 00 00 00 82  08 05 10 94 bb c7 ed 0e 1a 04 08 00 10 00 00 00`);

describe('WAL bytes', () => {
  it('a new log is 80 bytes of known content, preallocated', () => {
    const fileSystem = new MemoryFileSystem();
    const metadataBytes = encodeMetadata(METADATA);
    createLog({ fileSystem, directory: '/d/wal', metadataBytes, sizeBytes: 4096 });
    const bytes = fileSystem.contents('/d/wal/0000000000000000-0000000000000000.wal');
    expect(Buffer.from(bytes.subarray(0, 80)).toString('hex')).toBe(NEW_LOG);
    expect(bytes.length).toBe(4096);
    expect(bytes.subarray(80).every((byte) => byte === 0)).toBe(true);
  });

  it("equals Go's fixture for the metadata 'somedata'", () => {
    const encoder = new RecordEncoder(0);
    encoder.addCrc();
    encoder.addData(RecordType.metadata, new TextEncoder().encode('somedata'));
    expect(encoded(encoder)).toBe(
      hex(`04 00 00 00 00 00 00 84 08 04 10 00 00 00 00 00
           12 00 00 00 00 00 00 86 08 01 10 85 d4 fd a0 07 1a 08 73 6f 6d 65 64 61 74 61
           00 00 00 00 00 00`),
    );
  });

  it('writes the head of a next segment and a hard state', () => {
    const encoder = new RecordEncoder(0x9a3cb01d);
    encoder.addCrc();
    encoder.addData(RecordType.metadata, encodeMetadata(METADATA));
    encoder.addHardState({ term: 1, vote: 0n, commit: 1 });
    expect(encoded(encoder)).toBe(
      hex(`08 00 00 00 00 00 00 00 08 04 10 9d e0 f2 d1 09
           20 00 00 00 00 00 00 00 08 01 10 a2 c0 92 a2 0d 1a 16 ${METADATA_HEX}
           10 00 00 00 00 00 00 00 08 03 10 e5 ba ae f9 0e 1a 06 08 01 10 00 18 01`),
    );
  });

  it('writes an entry as etcd 3.6 does, without a data field when there is no data', () => {
    const encoder = new RecordEncoder(0);
    const data = new TextEncoder().encode('some data');
    encoder.addEntry({ type: 0, term: 1, index: 4, data });
    expect(encoded(encoder)).toContain('1a11' + '0800100118042209736f6d652064617461');
    const empty = new RecordEncoder(0);
    empty.addEntry({ type: 0, term: 2, index: 5, data: new Uint8Array(0) });
    expect(encoded(empty)).toContain(`1a06${'080010021805'}`);
  });

  it('keeps records whole when the CRC takes fewer than five bytes', () => {
    // Some of these CRCs are below 2^28: the data must have moved back next to them.
    for (let crc = 0; crc < 200; crc++) {
      const encoder = new RecordEncoder(crc);
      encoder.addHardState({ term: 3, vote: METADATA.nodeId, commit: 300 });
      const text = encoded(encoder);
      expect(text.endsWith(`1a10080310cdd2918bd2b881cf8e0118ac02${padding(encoder)}`)).toBe(true);
    }
  });

  it('carries snapshot records with their conf state', () => {
    const confState = {
      voters: [1n, METADATA.nodeId],
      learners: [7n],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    const bytes = encodeWalSnapshot({ index: 300, term: 2, confState });
    expect(Buffer.from(bytes).toString('hex')).toBe(
      hex('08 ac 02 10 02 1a 11 08 01 08 cd d2 91 8b d2 b8 81 cf 8e 01 10 07 28 00'),
    );
    expect(decodeWalSnapshot(bytes)).toEqual({ index: 300, term: 2, confState });
    expect(decodeMetadata(encodeMetadata(METADATA))).toEqual(METADATA);
  });

  it('names segments by sequence number and first index', () => {
    expect(segmentName(255, 4096).name).toBe('00000000000000ff-0000000000001000.wal');
    expect(parseSegmentName('00000000000000ff-0000000000001000.wal')).toEqual(
      segmentName(255, 4096),
    );
    for (const name of ['0.tmp', 'x.wal', '0-0.wal', '00000000000000FF-0000000000001000.wal']) {
      expect(parseSegmentName(name)).toBeUndefined();
    }
  });
});

function padding(encoder: RecordEncoder): string {
  const top = encoder.bytes[7] ?? 0;
  return '00'.repeat(top & 7);
}
