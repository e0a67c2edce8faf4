// What may be asked of a group, whatever its protocol.

import type { GroupRecord } from './group-record.ts';
import type { OffsetAge } from './offsets/offset-expiration.ts';
import type { Timed } from './step.ts';

/** Who commits offsets. */
export interface Committer {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Generation or member epoch; -1 for none. */
  readonly generation: number;
  /** Of OffsetCommit. */
  readonly apiVersion: number;
  /** Whether it is part of a transaction, where the state of the group does not matter. */
  readonly isTransactional: boolean;
}

export interface GroupStanding {
  readonly groupId: string;
  /** As ListGroups names it. */
  readonly type: 'classic' | 'consumer';
  readonly state: string;
  /** "consumer" for consumers; null where no member ever joined. */
  readonly protocolType: string | null;
  /** Whether there are no members. */
  readonly isEmpty: boolean;
  /** Whether its members tell the coordinator which topics they read. */
  readonly isOfConsumers: boolean;
  /** Error code for a commit of one partition, NONE where it is allowed. */
  commitProblem(who: Committer, topicId: string, partition: number): number;
  /** Error code for a fetch of offsets; who does not say that it is a member may. */
  fetchProblem(memberId: string | null, epoch: number): number;
  /** Whether a member reads the topic; true for all topics where that cannot be known. */
  isSubscribedTo(topic: string): boolean;
  /** How old the offsets of a topic are taken to be. */
  ageOfOffsets(topic: string): OffsetAge;
  /** All records that delete the group, its offsets apart. */
  tombstones(): GroupRecord[];
}

export interface Group extends Timed {
  readonly standing: GroupStanding;
  replay(record: GroupRecord): void;
  /** All has been replayed: the members' timeouts start. */
  loaded(now: number): void;
  /** Whether a heartbeat of the member would be answered otherwise than the last. */
  hasNewsFor(memberId: string): boolean;
  /** A member gave a sign of life. */
  seen(memberId: string, now: number): void;
}
