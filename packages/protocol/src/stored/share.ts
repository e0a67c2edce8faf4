// The records of `__share_group_state`: the state of each share-partition, as snapshots and updates to them
// (KIP-932). They lie behind the prefixes of keyed-record.ts.

import { array, int8, int16, int32, int64, string, tagged, uuid } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** Which share-partition. */
export const ShareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
    topicId: uuid(),
    /** Number of the partition, from 0. */
    partition: int32(),
  },
});

/** All of a share-partition's state. */
export const ShareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Which snapshot this is, or builds on. */
    snapshotEpoch: int32(),
    /** Epoch of the share-partition's state; it grows when the group's offsets are set anew. */
    stateEpoch: int32(),
    /** Epoch of the partition's leader; -1 where it is not known. */
    leaderEpoch: int32(),
    /** First offset the group still has to deliver. */
    startOffset: int64(),
    /** Records from the start offset on that need no more delivery; -1 where it is not known (KIP-1226). */
    deliveryCompleteCount: tagged(0, 0, int32(-1)),
    /** When the state was made, ms since 1970. */
    createTimestamp: int64(),
    /** When this snapshot was written, ms since 1970. */
    writeTimestamp: int64(),
    /** States of the records from the start offset on, in ranges. */
    stateBatches: array({
      /** First offset of the range. */
      firstOffset: int64(),
      /** Last offset of the range, inclusive. */
      lastOffset: int64(),
      /** What became of these records: 0 available, 2 acknowledged, 4 archived. */
      deliveryState: int8(),
      /** How often these records have been delivered. */
      deliveryCount: int16(),
    }),
  },
});

/** Which share-partition. */
export const ShareUpdateKey = message({
  name: 'ShareUpdateKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
    topicId: uuid(),
    /** Number of the partition, from 0. */
    partition: int32(),
  },
});

/** What changed since the snapshot. */
export const ShareUpdateValue = message({
  name: 'ShareUpdateValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Which snapshot this is, or builds on. */
    snapshotEpoch: int32(),
    /** Epoch of the partition's leader; -1 where it is not known. */
    leaderEpoch: int32(),
    /** First offset still to deliver; -1 for unchanged. */
    startOffset: int64(),
    /** Records from the start offset on that need no more delivery; -1 where it is not known (KIP-1226). */
    deliveryCompleteCount: tagged(0, 0, int32(-1)),
    /** States that changed since the snapshot, in ranges. */
    stateBatches: array({
      /** First offset of the range. */
      firstOffset: int64(),
      /** Last offset of the range, inclusive. */
      lastOffset: int64(),
      /** What became of these records: 0 available, 2 acknowledged, 4 archived. */
      deliveryState: int8(),
      /** How often these records have been delivered. */
      deliveryCount: int16(),
    }),
  },
});

/** Record types of `__share_group_state`, for the functions of keyed-record.ts. */
export const shareRecords = {
  0: { key: ShareSnapshotKey, value: ShareSnapshotValue },
  1: { key: ShareUpdateKey, value: ShareUpdateValue },
} as const;
