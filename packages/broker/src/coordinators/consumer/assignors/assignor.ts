// What a server-side assignor is given, and gives: a target for every member (KIP-848). Assignors are pure functions;
// the same input gives the same target, whatever order members came in.

import type { PartitionSets } from '../partition-sets.ts';

export interface AssignedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ids of the topics it subscribes to that there are. */
  readonly topicIds: ReadonlySet<string>;
  /** Its target so far. */
  readonly target: PartitionSets;
}

export interface AssignmentInput {
  /** In order of member id. */
  readonly members: readonly AssignedMember[];
  /** How many partitions each subscribed topic has. */
  readonly partitionCounts: ReadonlyMap<string, number>;
}

export type Assign = (input: AssignmentInput) => Map<string, PartitionSets>;
