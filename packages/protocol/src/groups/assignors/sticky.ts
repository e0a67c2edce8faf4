// The two sticky assignors: as even as can be, with as few partitions moved as that allows. `sticky` is eager: members
// tell in their user data what they had. `cooperative-sticky` lets members keep what they hold, and withholds what
// one of them has to give up until it has (KIP-429). Java: AbstractStickyAssignor and its two heirs, without racks.

import { partitionText, type TopicPartition } from '../topic-partition.ts';
import type { Assignor, AssignorMember } from './assignor.ts';
import { assignStickily } from './sticky-balance.ts';
import { claimOfOwned, claimOfUserData, encodeGeneration, encodeStickyUserData } from './sticky-user-data.ts';

export const stickyAssignor: Assignor = {
  name: 'sticky',
  protocol: 'eager',
  subscriptionUserData: encodeStickyUserData,
  assign: (members, topics) => assignStickily(members, topics, claimOfUserData),
};

export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  protocol: 'cooperative',
  subscriptionUserData: encodeGeneration,
  assign: (members, topics) => withhold(members, assignStickily(members, topics, claimOfOwned)),
};

interface Holder {
  readonly memberId: string | null;
  readonly generation: number;
}

/**
 * Takes out what another member still holds: that one sees that it lost it, gives it back and joins again, and the
 * next assignment has it. Nobody gets what two hold in one generation: both have to give it back first.
 */
function withhold(
  members: readonly AssignorMember[],
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
): Map<string, TopicPartition[]> {
  const holders = new Map<string, Holder>();
  for (const member of members) {
    const { partitions, generation } = claimOfOwned(member);
    for (const partition of partitions) {
      const key = partitionText(partition);
      const other = holders.get(key);
      if (other === undefined || other.generation < generation) {
        holders.set(key, { memberId: member.memberId, generation });
      } else if (other.generation === generation) holders.set(key, { memberId: null, generation });
    }
  }
  const free = new Map<string, TopicPartition[]>();
  for (const [memberId, partitions] of assignment) {
    free.set(
      memberId,
      partitions.filter((partition) => {
        const holder = holders.get(partitionText(partition));
        return holder === undefined || holder.memberId === memberId;
      }),
    );
  }
  return free;
}
