// OffsetDelete v0. Behavior: removes offsets of topics that no member of the group reads (KIP-496).

import { OffsetDelete } from '@klamm/protocol/api/47-offset-delete';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { DeletedOffsets, OffsetTopic } from '../coordinators/group-requests.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { splitPartitions, withAbsent } from './offset-partitions.ts';

export const offsetDelete = defineHandler(OffsetDelete, {
  async handle(context, request) {
    const { broker } = context;
    if (!authorized(context, Operation.delete, AclResource.group, request.groupId))
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    const { image } = broker.catalog;
    const known: OffsetTopic[] = [];
    const missing: DeletedOffsets['topics'][number][] = [];
    const absent = new Map<string, DeletedOffsets['topics'][number]['partitions']>();
    for (const { name, partitions } of request.topics) {
      const isAllowed = authorized(context, Operation.read, AclResource.topic, name);
      const topic = isAllowed ? image.topic(name) : undefined;
      if (topic === undefined) {
        const errorCode = isAllowed
          ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
        const refused = partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode }));
        missing.push({ name, partitions: refused });
        continue;
      }
      const split = splitPartitions(topic, partitions);
      known.push({ name, partitions: split.present });
      absent.set(name, split.absent);
    }
    const answer = await broker.groups.call<DeletedOffsets>(
      request.groupId,
      (shard, respond) => shard.deleteOffsets(request.groupId, known, respond),
      (errorCode) => ({ errorCode, topics: [] }),
    );
    if (answer.errorCode !== ErrorCode.NONE) return answer;
    return { ...answer, topics: [...withAbsent(answer.topics, absent), ...missing] };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});
