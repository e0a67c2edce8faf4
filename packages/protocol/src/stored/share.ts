// stored.share.

import { array, int8, int16, int32, int64, string, tagged, uuid } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const ShareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

export const ShareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: tagged(0, 0, int32(-1)),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
});

export const ShareUpdateKey = message({
  name: 'ShareUpdateKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

export const ShareUpdateValue = message({
  name: 'ShareUpdateValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: tagged(0, 0, int32(-1)),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
});

/** Record types of `__share_group_state`, for the functions of keyed-record.ts. */
export const shareRecords = {
  0: { key: ShareSnapshotKey, value: ShareSnapshotValue },
  1: { key: ShareUpdateKey, value: ShareUpdateValue },
} as const;
