// OffsetDelete v0. Behavior: removes offsets of topics that no member of the group reads (KIP-496).

import { OffsetDelete } from '@klamm/protocol/api/47-offset-delete';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { DeletedOffsets } from '../coordinators/group-requests.ts';
import { defineHandler } from '../dispatch/handler.ts';

export const offsetDelete = defineHandler(OffsetDelete, {
  async handle({ broker }, request) {
    const { image } = broker.catalog;
    const isThere = ({ name }: { name: string }): boolean => image.topic(name) !== undefined;
    const answer = await broker.groups.call<DeletedOffsets>(
      request.groupId,
      (shard, respond) => shard.deleteOffsets(request.groupId, request.topics.filter(isThere), respond),
      (errorCode) => ({ errorCode, topics: [] }),
    );
    if (answer.errorCode !== ErrorCode.NONE) return answer;
    const missing = request.topics
      .filter((topic) => !isThere(topic))
      .map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        })),
      }));
    return { ...answer, topics: [...answer.topics, ...missing] };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});
