// Each topic by itself: its partitions in order, cut into as many equal ranges as members want it; the first members
// get one more where it does not divide. So topics with as many partitions meet in the same member. The semantics of
// Java's RangeAssignor where no racks are given (KIP-881 is not done).

import type { TopicPartition } from '../topic-partition.ts';
import { type Assignor, compare, sortMembers } from './assignor.ts';

export const rangeAssignor: Assignor = {
  name: 'range',
  protocol: 'eager',
  assign(members, topics) {
    const assignment = new Map<string, TopicPartition[]>();
    const sharesByTopic = new Map<string, TopicPartition[][]>();
    for (const { memberId, subscription } of sortMembers(members)) {
      const share: TopicPartition[] = [];
      assignment.set(memberId, share);
      for (const topic of new Set(subscription.topics)) {
        const others = sharesByTopic.get(topic);
        if (others === undefined) sharesByTopic.set(topic, [share]);
        else others.push(share);
      }
    }
    for (const topic of [...topics.keys()].sort(compare)) {
      const shares = sharesByTopic.get(topic) ?? [];
      const count = topics.get(topic) ?? 0;
      let partition = 0;
      for (const [index, share] of shares.entries()) {
        const end = partition + Math.floor(count / shares.length) + (index < count % shares.length ? 1 : 0);
        while (partition < end) share.push({ topic, partition: partition++ });
      }
    }
    return assignment;
  },
};
