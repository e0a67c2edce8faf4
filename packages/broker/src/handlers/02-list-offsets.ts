// ListOffsets v1 to v11. Behavior: a timestamp finds the first record with that time or a later one; negative ones are
// names for places: -1 latest, -2 earliest, -3 the record with the largest timestamp (KIP-734), -4 earliest on this
// disk (KIP-405), -5 and -6 what tiered storage holds, which is nothing.

import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import type { Partition } from '../partitions/partition.ts';
import { epochError } from './leader-epoch.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

interface Found {
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

const NONE: Found = { timestamp: -1, offset: -1, leaderEpoch: -1 };

export const listOffsets = defineHandler(ListOffsets, {
  async handle(context, request) {
    const { broker } = context;
    const readCommitted = request.isolationLevel === 1;
    const topics = request.topics.map(async ({ name, partitions }) => {
      if (!authorized(context, Operation.describe, AclResource.topic, name))
        return refused(name, partitions, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
      const found = partitions.map(async ({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        const partition = broker.partitions.get(name, partitionIndex);
        const errorCode =
          partition === undefined
            ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            : epochError(partition, currentLeaderEpoch);
        if (partition === undefined || errorCode !== ErrorCode.NONE)
          return { partitionIndex, errorCode, ...NONE };
        if (timestamp < EARLIEST_PENDING_UPLOAD)
          return { partitionIndex, errorCode: ErrorCode.UNSUPPORTED_VERSION, ...NONE };
        return { partitionIndex, errorCode, ...(await locate(partition, timestamp, readCommitted)) };
      });
      return { name, partitions: await Promise.all(found) };
    });
    return { topics: await Promise.all(topics) };
  },
  onError: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => refused(name, partitions, errorCode)),
  }),
});

function refused(name: string, partitions: readonly { partitionIndex: number }[], errorCode: number) {
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, ...NONE })),
  };
}

async function locate(partition: Partition, timestamp: number, readCommitted: boolean): Promise<Found> {
  switch (timestamp) {
    case EARLIEST:
    case EARLIEST_LOCAL: {
      // The epoch of the first record, where there is one.
      const isEmpty = partition.logStartOffset === partition.logEndOffset;
      const leaderEpoch = isEmpty ? partition.leaderEpoch : partition.earliestEpoch;
      return { timestamp: -1, offset: partition.logStartOffset, leaderEpoch };
    }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NONE;
  }
  await partition.settled();
  const end = readCommitted ? partition.lastStableOffset : partition.highWatermark;
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: end, leaderEpoch: partition.leaderEpoch };
    case MAX_TIMESTAMP: {
      const newest = await partition.offsetOfMaxTimestamp();
      return newest === undefined || newest.offset >= end ? NONE : newest;
    }
    default:
      return (await partition.offsetForTimestamp(timestamp, end)) ?? NONE;
  }
}
