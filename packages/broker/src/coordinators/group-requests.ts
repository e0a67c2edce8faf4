// What the group coordinator is asked, and answers, beside the messages of the protocol as they are.

import type { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import type { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import type { Decoded, Encodable } from '@klamm/protocol/schema/fields';
import type { TopicCommit } from './offsets/offset-commit.ts';
import type { TopicOffsets, TopicQuery } from './offsets/offset-fetch.ts';
import type { TransactionalProducer } from './step.ts';

export type HeartbeatRequest = Decoded<(typeof Heartbeat)['request']['fields']>;
export type HeartbeatResponse = Encodable<(typeof Heartbeat)['response']['fields']>;
export type LeaveRequest = Decoded<(typeof LeaveGroup)['request']['fields']>;
export type LeaveResponse = Encodable<(typeof LeaveGroup)['response']['fields']>;

export interface CommitRequest {
  readonly groupId: string;
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly retentionTimeMs: number;
  readonly apiVersion: number;
  readonly topics: readonly TopicCommit[];
}

/** Offsets that count when a transaction commits (KIP-447). */
export interface TransactionalCommitRequest extends CommitRequest {
  readonly producer: TransactionalProducer;
  /** Why the transaction may not write to this partition, as of now; NONE where it may. */
  problem(): number;
}

export interface OffsetQuery {
  readonly groupId: string;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  /** null for all that there are. */
  readonly topics: readonly TopicQuery[] | null;
  readonly requireStable: boolean;
}

export interface ListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  readonly groupState: string;
  readonly groupType: string;
}

export interface DeletedOffsets {
  readonly errorCode: number;
  readonly topics: {
    readonly name: string;
    readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[];
  }[];
}

export interface GroupOffsets {
  readonly groupId: string;
  readonly errorCode: number;
  readonly topics: readonly TopicOffsets[];
}

export interface OffsetTopic {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number }[];
}
