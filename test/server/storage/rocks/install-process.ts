// Owns the process of install-order.test.ts: it takes a database from a peer, makes it the store, and removes what it was
// given, in the order of server/cli.

import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { importSnapshot } from '../../../../server/storage/rocks/snapshot-file.ts';
import { receiveDatabase } from '../../../../server/storage/snapshot-receive.ts';

const [, , directory = '', source = '', received = ''] = process.argv;
const store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
await receiveDatabase(createReadStream(source), received, () => false);
await importSnapshot(store, received);
await rm(received);
// Closing would sync what was not, and hide it.
process.exit();
