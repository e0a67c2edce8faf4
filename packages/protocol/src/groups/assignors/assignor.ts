// What an assignor of a classic group is: the leader's way to share partitions out among the members.
//
// An assignor keeps nothing between rebalances: whatever it wants to know of a member travels in that member's
// subscription. So any member may lead, and the same members and topics give the same assignment everywhere.
// The part of org.apache.kafka.clients.consumer.ConsumerPartitionAssignor, without its callbacks.

import type { Decoded } from '../../schema/fields.ts';
import type { ConsumerProtocolSubscription } from '../subscription.ts';
import type { TopicPartition } from '../topic-partition.ts';

/** A member as its leader sees it. */
export interface AssignorMember {
  readonly memberId: string;
  /** The name a static member keeps over restarts; null for a dynamic one. */
  readonly instanceId: string | null;
  readonly subscription: Decoded<(typeof ConsumerProtocolSubscription)['fields']>;
}

/** What a member knows of itself when it joins. */
export interface MemberHistory {
  /** Topics the member wants. */
  readonly topics: readonly string[];
  /** What it was given last, even where it has given that back in the meantime; null before the first time. */
  readonly lastAssignment: readonly TopicPartition[] | null;
  /** Generation `lastAssignment` is of; -1 before the first. */
  readonly generation: number;
}

export interface Assignor {
  /** What members call it on the wire; all members of a group must share one. */
  readonly name: string;
  /**
   * `eager`: members give everything back before they join. `cooperative`: they keep what they have, and `assign`
   * must not give a partition to one member while another holds it (KIP-429).
   */
  readonly protocol: 'eager' | 'cooperative';
  /** Bytes of the assignor's own for `userData` of the subscription; null for none. */
  subscriptionUserData?(history: MemberHistory): Buffer | null;
  /**
   * What each member gets, by member id; a member that is left out gets nothing.
   *
   * @param topics the number of partitions of each topic that some member wants and that is there
   */
  assign(
    members: readonly AssignorMember[],
    topics: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, readonly TopicPartition[]>;
}

/** Members in the order of Java's assignors: static ones first, by instance id; then the others, by member id. */
export function sortMembers(members: readonly AssignorMember[]): AssignorMember[] {
  return [...members].sort((a, b) => {
    if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId);
    if (a.instanceId !== null) return -1;
    if (b.instanceId !== null) return 1;
    return compare(a.memberId, b.memberId);
  });
}

/** By UTF-16 code units, as Java compares strings. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
