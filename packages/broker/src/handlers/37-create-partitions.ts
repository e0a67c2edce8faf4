// CreatePartitions v0 to v3. Behavior: a topic grows to a number of partitions; it cannot shrink (KIP-195).

import { CreatePartitions } from '@klamm/protocol/api/37-create-partitions';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { checkPartitionCount, partitionRecords, repeated } from '../metadata/topic-changes.ts';
import { Mutations, OVER_MUTATION_QUOTA } from '../quotas/mutations.ts';

/** KIP-599. */
const STRICT_SINCE = 3;

export const createPartitions = defineHandler(CreatePartitions, {
  async handle(context, request) {
    const { catalog } = context.broker;
    const results = [];
    const mutations = new Mutations(context, STRICT_SINCE);
    const twice = repeated(request.topics.map(({ name }) => name));
    for (const name of twice) {
      const errorMessage = `The request names topic '${name}' more than once.`;
      results.push({ name, errorCode: ErrorCode.INVALID_REQUEST, errorMessage });
    }
    for (const { name, count, assignments } of request.topics) {
      if (twice.has(name)) continue;
      if (!authorized(context, Operation.alter, AclResource.topic, name)) {
        const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
        results.push({ name, errorCode, errorMessage: errorMeaning(errorCode) });
        continue;
      }
      const more = count - (catalog.image.topic(name)?.partitions.length ?? count);
      if (!request.validateOnly && more > 0 && !mutations.allows(more)) {
        results.push({ name, ...OVER_MUTATION_QUOTA });
        continue;
      }
      results.push(
        await catalog.change<object>((image) => {
          const topic = image.topic(name);
          const refused =
            topic === undefined
              ? {
                  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                  errorMessage: errorMeaning(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
                }
              : checkPartitionCount(topic, count, assignments, catalog.nodeId);
          if (topic === undefined || refused !== null) return { records: [], result: { name, ...refused } };
          const records = request.validateOnly
            ? []
            : partitionRecords(topic.id, topic.partitions.length, count, catalog);
          return { records, result: { name, errorCode: ErrorCode.NONE, errorMessage: null } };
        }),
      );
    }
    return { results, throttleTimeMs: mutations.throttleTimeMs };
  },
  onError: (request, errorCode, errorMessage) => ({
    results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  }),
});
