// stored.group-offsets.

import { int32, int64, since, string, tagged, until, uuid } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  versions: [0, 0],
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
});

export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    offset: int64(),
    leaderEpoch: since(3, int32(-1)),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: until(1, since(1, int64(-1))),
    topicId: tagged(0, 4, uuid()),
  },
});
