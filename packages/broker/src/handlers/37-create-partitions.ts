// CreatePartitions v0 to v3. Behavior: a topic grows to a number of partitions; it cannot shrink (KIP-195).

import { CreatePartitions } from '@klamm/protocol/api/37-create-partitions';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { checkPartitionCount, partitionRecords } from '../metadata/topic-changes.ts';

export const createPartitions = defineHandler(CreatePartitions, {
  async handle({ broker }, request) {
    const { catalog } = broker;
    const results = [];
    for (const { name, count, assignments } of request.topics) {
      results.push(
        await catalog.change<object>((image) => {
          const topic = image.topic(name);
          const refused =
            topic === undefined
              ? {
                  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                  errorMessage: errorMeaning(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
                }
              : checkPartitionCount(topic, count, assignments);
          if (topic === undefined || refused !== null) return { records: [], result: { name, ...refused } };
          const records = request.validateOnly
            ? []
            : partitionRecords(topic.id, topic.partitions.length, count, catalog);
          return { records, result: { name, errorCode: ErrorCode.NONE, errorMessage: null } };
        }),
      );
    }
    return { results };
  },
  onError: (request, errorCode, errorMessage) => ({
    results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  }),
});
