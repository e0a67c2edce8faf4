// All partitions of all topics in order, dealt to the members in turn; members that do not want a topic are passed
// over. The semantics of Java's RoundRobinAssignor.

import type { TopicPartition } from '../topic-partition.ts';
import { type Assignor, compare, sortMembers } from './assignor.ts';

export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  protocol: 'eager',
  assign(members, topics) {
    const assignment = new Map<string, TopicPartition[]>();
    const wanting = sortMembers(members).map(({ memberId, subscription }) => {
      const partitions: TopicPartition[] = [];
      assignment.set(memberId, partitions);
      return { topics: new Set(subscription.topics), partitions };
    });
    let turn = 0;
    for (const topic of [...topics.keys()].sort(compare)) {
      if (!wanting.some((member) => member.topics.has(topic))) continue;
      const count = topics.get(topic) ?? 0;
      for (let partition = 0; partition < count; partition++) {
        let next = wanting[turn++ % wanting.length];
        while (!next?.topics.has(topic)) next = wanting[turn++ % wanting.length];
        next.partitions.push({ topic, partition });
      }
    }
    return assignment;
  },
};
