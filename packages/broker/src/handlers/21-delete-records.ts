// DeleteRecords v0 to v2. Behavior: moves the start of a partition up to an offset (-1: to its high watermark), and
// writes it down before answering (KIP-107). A topic that is only compacted keeps the newest record of each key.

import { listOf } from '@klamm/base/config';
import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import type { BrokerRooms } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

const TO_HIGH_WATERMARK = -1;

export const deleteRecords = defineHandler(DeleteRecords, {
  async handle(context, request) {
    const { broker } = context;
    const topics = await Promise.all(
      request.topics.map(async ({ name, partitions }) => {
        if (!authorized(context, Operation.delete, AclResource.topic, name))
          return refused(name, partitions, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
        const deleted = partitions.map(async ({ partitionIndex, offset }) => ({
          partitionIndex,
          ...(await deleteBefore(broker, name, partitionIndex, offset)),
        }));
        return { name, partitions: await Promise.all(deleted) };
      }),
    );
    broker.partitions.checkpoint();
    return { topics };
  },
  onError: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => refused(name, partitions, errorCode)),
  }),
});

function refused(name: string, partitions: readonly { partitionIndex: number }[], errorCode: number) {
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
  };
}

async function deleteBefore(
  { catalog, partitions }: BrokerRooms,
  topic: string,
  index: number,
  wanted: number,
): Promise<object> {
  const partition = partitions.get(topic, index);
  if (partition === undefined) return { lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  const policy = listOf(catalog.configs.topic(topic, 'cleanup.policy'));
  if (policy.includes('compact') && !policy.includes('delete'))
    return { lowWatermark: -1, errorCode: ErrorCode.POLICY_VIOLATION };
  await partition.settled();
  const offset = wanted === TO_HIGH_WATERMARK ? partition.highWatermark : wanted;
  if (offset < 0 || offset > partition.highWatermark)
    return { lowWatermark: -1, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
  partition.deleteRecordsBefore(offset);
  return { lowWatermark: partition.logStartOffset, errorCode: ErrorCode.NONE };
}
