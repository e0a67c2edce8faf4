// A member of a consumer group: joins, stays, rebalances and leaves, in the classic or the consumer protocol.
//
// This file is the contract between the membership and the group consumer above it, who reads and commits. The
// membership must not know of records, offsets or fetching; the consumer must not know which protocol is spoken.
// Always: what was given by `assigned` and not taken by `revoked` or `lost` is this member's, and `assignment` says so.

import type { KlammError } from '@klamm/base/errors';
import type { Assignor } from '@klamm/protocol/groups/assignors/assignor';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { Cluster } from '../../cluster.ts';
import type { RequestOptions } from '../../network/connection.ts';
import { GroupMembership } from './group-membership.ts';

export interface MembershipOptions {
  readonly groupId: string;
  /** Names, or a pattern that names of topics match as a whole (RE2 on the broker in the consumer protocol). */
  readonly topics: readonly string[] | RegExp;
  /** `auto`: consumer (KIP-848) where the broker offers it, else classic. */
  readonly protocol: 'auto' | 'classic' | 'consumer';
  /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** For the classic protocol, the preferred first. Rebalances are cooperative where all of them are. */
  readonly assignors: readonly Assignor[];
  /** For the consumer protocol: `uniform` or `range`; null leaves it to the broker. */
  readonly serverAssignor: string | null;
  /** For the classic protocol. */
  readonly sessionTimeoutMs: number;
  /** In the consumer protocol the broker's own interval where that is shorter. */
  readonly heartbeatIntervalMs: number;
  /** How long the member may take to give partitions back. */
  readonly rebalanceTimeoutMs: number;
}

/**
 * `coordinator`: found or moved. `joined`: a generation or member epoch begins. `rebalancing`: the group shares its
 * partitions out anew. `fenced`: the group took this member for gone. `error`: trouble that is tried again. `left`.
 */
export type GroupEventType = 'coordinator' | 'joined' | 'rebalancing' | 'fenced' | 'error' | 'left';

export interface GroupEvent {
  readonly type: GroupEventType;
  /** What happened and why, for people. */
  readonly reason: string;
  readonly memberId: string;
  readonly generation: number;
  /** What went wrong, where something did. */
  readonly error: KlammError | null;
}

/** Told by the membership, in order: the next promise is asked for when the one before has settled. */
export interface MembershipOwner {
  /** These go to other members: finish, commit. Given up when it resolves, or rebalanceTimeoutMs is over. */
  revoked(partitions: readonly TopicPartition[], reason: string): Promise<void>;
  /** These are gone already: nothing can be committed for them any more. */
  lost(partitions: readonly TopicPartition[], reason: string): Promise<void>;
  /** These are this member's from now on, beside those it has; none where a rebalance gave nothing new. */
  assigned(partitions: readonly TopicPartition[], reason: string): Promise<void>;
  /** Every change of state. May be called while one of the above is under way. */
  event(event: GroupEvent): void;
  /** The membership has ended: the error is final. What was held was told to `lost` before. */
  failed(error: KlammError): void;
}

export interface Membership {
  /** Joins; everything else is told to the owner. */
  start(): void;
  /** '' while it is no member. */
  readonly memberId: string;
  /** Generation (classic) or member epoch (consumer), for commits; -1 while it is no member. */
  readonly generation: number;
  /**
   * True from the moment that the group took this member for gone until the owner is through with `lost`. By then the
   * group may have taken it in again.
   */
  readonly isLosing: boolean;
  readonly instanceId: string | null;
  readonly assignment: readonly TopicPartition[];
  /**
   * Asks the group's coordinator; looks it up again and asks again where it moved, loads or is lost, for as long as
   * retryTimeoutMs. All other error codes are left in the answer.
   *
   * @throws KlammError NETWORK_EXCEPTION and the like where no coordinator was to be had in that time
   */
  request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    options?: RequestOptions,
  ): Promise<Decoded<R>>;
  /** Changes the subscription. */
  subscribe(topics: readonly string[] | RegExp): void;
  /**
   * Leaves the group until `resume`: maxPollInterval has passed. Resolves when what was held was told to `lost`, and
   * the owner is through with that.
   */
  suspend(reason: string): Promise<void>;
  resume(): void;
  /** Gives back what is held (`revoked`), then leaves. Bounded in time; safe to call again. */
  leave(): Promise<void>;
  /** Ends at once, whatever is under way; for an owner that can wait for `leave` no longer. */
  stop(): void;
}

/** Nothing is asked before `start`. */
export function newMembership(
  cluster: Cluster,
  options: MembershipOptions,
  owner: MembershipOwner,
): Membership {
  return new GroupMembership(cluster, options, owner);
}
