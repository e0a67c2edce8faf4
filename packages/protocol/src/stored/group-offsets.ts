// Committed offsets in `__consumer_offsets`, behind the prefixes of keyed-record.ts. Key types 0 and 1 mean the
// same; 0 is what Kafka before 0.9 wrote. v3 of the value has the leader epoch (KIP-320), v4 the topic's id
// (KIP-848).

import { int32, int64, since, string, tagged, until, uuid } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** A group's position in a partition. */
export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    group: string(),
    /** Name of the topic. */
    topic: string(),
    /** Number of the partition, from 0. */
    partition: int32(),
  },
});

/** The position, as type 0 has it. */
export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  versions: [0, 0],
  fields: {
    /** The offset of the next record to read. */
    offset: int64(),
    /** The client's own note beside the offset. */
    metadata: string(),
    /** When it was committed, ms since 1970. */
    commitTimestamp: int64(),
  },
});

/** A group's position in a partition. */
export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    group: string(),
    /** Name of the topic. */
    topic: string(),
    /** Number of the partition, from 0. */
    partition: int32(),
  },
});

/** The position; a tombstone where it expired or was deleted. */
export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    /** The offset of the next record to read. */
    offset: int64(),
    /** Leader epoch of the last record read; -1 where it is not known (KIP-320). */
    leaderEpoch: since(3, int32(-1)),
    /** The client's own note beside the offset. */
    metadata: string(),
    /** When it was committed, ms since 1970. */
    commitTimestamp: int64(),
    /** When the offset expires, ms since 1970; -1 for by the broker's setting. Only v1 has it. */
    expireTimestamp: until(1, since(1, int64(-1))),
    /** Id of the topic; all zero where it was not known (KIP-848). */
    topicId: tagged(0, 4, uuid()),
  },
});
