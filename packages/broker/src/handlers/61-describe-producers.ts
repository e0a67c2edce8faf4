// DescribeProducers v0. Behavior: what a partition knows of those that write to it, for finding transactions that hang
// (KIP-664).

import { DescribeProducers } from '@klamm/protocol/api/61-describe-producers';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

export const describeProducers = defineHandler(DescribeProducers, {
  handle(context, { topics }) {
    const { broker } = context;
    return {
      topics: topics.map(({ name, partitionIndexes }) => {
        const isAllowed = authorized(context, Operation.read, AclResource.topic, name);
        const partitions = partitionIndexes.map((partitionIndex) => {
          if (!isAllowed) return refused(partitionIndex, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
          const partition = broker.partitions.get(name, partitionIndex);
          if (partition === undefined) return refused(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
          return {
            partitionIndex,
            activeProducers: partition.producers.entries().map((producer) => ({
              producerId: producer.producerId,
              producerEpoch: producer.epoch,
              lastSequence: producer.lastSequence,
              lastTimestamp: producer.timestamp,
              coordinatorEpoch: producer.coordinatorEpoch,
              currentTxnStartOffset: producer.currentTxnFirstOffset,
            })),
          };
        });
        return { name, partitions };
      }),
    };
  },
  onError: ({ topics }, errorCode) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => refused(partitionIndex, errorCode)),
    })),
  }),
});

function refused(partitionIndex: number, errorCode: number) {
  return { partitionIndex, errorCode, errorMessage: errorMeaning(errorCode), activeProducers: [] };
}
