// Finds records of a log by their time, from the time index on. org.apache.kafka.storage.internals.log.UnifiedLog
// (fetchOffsetByTimestamp).

import { forEachBatch, maxTimestampOf, partitionLeaderEpochOf } from '@klamm/protocol/records/batch';
import { decompressRecords } from '@klamm/protocol/records/compression';
import { RecordCursor } from '@klamm/protocol/records/record';
import type { Log } from '../storage/log.ts';

/** A record found by time. */
export interface TimestampedOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** The first record with `timestamp` or later below `upTo`; undefined where there is none. */
export async function findTimestamp(
  log: Log,
  timestamp: number,
  upTo: number,
): Promise<TimestampedOffset | undefined> {
  const cursor = new RecordCursor();
  for await (const batches of log.batchesFrom(timestamp, upTo)) {
    let found: TimestampedOffset | undefined;
    forEachBatch(batches, 0, batches.length, (at) => {
      if (maxTimestampOf(batches, at) < timestamp) return true;
      cursor.open(batches, at, decompressRecords(batches, at));
      while (found === undefined && cursor.next()) {
        if (cursor.timestamp < timestamp || cursor.offset < log.logStartOffset) continue;
        const leaderEpoch = partitionLeaderEpochOf(batches, at);
        found = { offset: cursor.offset, timestamp: cursor.timestamp, leaderEpoch };
      }
      return found === undefined;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
