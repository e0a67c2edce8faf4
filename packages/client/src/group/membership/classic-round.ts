// One round of the classic protocol on the wire: JoinGroup (twice where the group wants its member id, KIP-394), the
// leader's sharing out, SyncGroup. What goes wrong is thrown as a KlammError with the code; nothing is repeated here.

import { KlammError } from '@klamm/base/errors';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import type { Assignor, MemberHistory } from '@klamm/protocol/groups/assignors/assignor';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { groupByTopic, listPartitions, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { decodeVersioned, encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import { assignorError, countPartitions, type JoinedMember, shareOut, topicsOf } from './classic-leader.ts';
import { consequenceOf, groupError } from './group-errors.ts';
import { LEAVE_TIMEOUT_MS, type MemberContext } from './member.ts';

const PROTOCOL_TYPE = 'consumer';
/** JoinGroup and SyncGroup are answered when all members have joined, or their time is over; and then some. */
const BEYOND_REBALANCE_MS = 5000;
const REASON_LENGTH_MAX = 255;
/** So long the group is expected to assemble; beyond it, others are asked whether the coordinator is still up. */
const HELD_MS = 5000;

export interface Joining {
  readonly reason: string;
  readonly names: readonly string[];
  readonly memberId: string;
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
  readonly history: MemberHistory;
  /** The group has given the member its id, though it is not in yet. */
  readonly onMemberId: (memberId: string) => void;
  /** The request is about to be sent. */
  readonly onSend: () => void;
  /** Aborted when the member ends: nothing is sent any more. */
  readonly signal: AbortSignal;
}

export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  readonly assignor: Assignor;
  readonly isLeader: boolean;
  readonly skipAssignment: boolean;
  readonly members: readonly JoinedMember[];
}

interface Synced {
  readonly assignment: readonly TopicPartition[];
  /** What the leader has to watch: partitions by topic, -1 for a topic that is not there; empty for the others. */
  readonly counts: ReadonlyMap<string, number>;
}

export class ClassicRound {
  readonly #context: MemberContext;
  readonly #timeoutMs: number;

  constructor(context: MemberContext) {
    this.#context = context;
    this.#timeoutMs = context.options.rebalanceTimeoutMs + BEYOND_REBALANCE_MS;
  }

  async join(joining: Joining): Promise<Joined> {
    const { groupId, instanceId, sessionTimeoutMs, rebalanceTimeoutMs, assignors } = this.#context.options;
    const ask = (memberId: string) =>
      this.#ask(
        JoinGroup,
        {
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          groupInstanceId: instanceId,
          protocolType: PROTOCOL_TYPE,
          protocols: assignors.map((assignor) => {
            return { name: assignor.name, metadata: this.#subscription(joining, assignor) };
          }),
          reason: joining.reason.slice(0, REASON_LENGTH_MAX),
        },
        joining.signal,
        joining.onSend,
      );
    let answer = await ask(joining.memberId);
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      joining.onMemberId(answer.memberId);
      answer = await ask(answer.memberId);
    }
    if (answer.errorCode !== 0) throw groupError(groupId, answer.errorCode);
    const { protocolName, memberId, leader, skipAssignment, members } = answer;
    const assignor = assignors.find(({ name }) => name === protocolName);
    if (assignor === undefined) {
      throw new KlammError(
        `The group "${groupId}" chose the assignor "${protocolName}", which this member did not offer.`,
        {
          code: 'INCONSISTENT_GROUP_PROTOCOL',
          errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
          retriable: false,
        },
      );
    }
    const isLeader = leader === memberId;
    return { memberId, generation: answer.generationId, assignor, isLeader, skipAssignment, members };
  }

  async sync(joined: Joined, signal: AbortSignal): Promise<Synced> {
    const { cluster, options } = this.#context;
    const { memberId, generation, assignor, isLeader, members } = joined;
    let assignments: readonly { memberId: string; assignment: Buffer }[] = [];
    let counts: ReadonlyMap<string, number> = new Map();
    if (isLeader && joined.skipAssignment) counts = await countPartitions(cluster, topicsOf(members));
    else if (isLeader) {
      ({ assignments, counts } = await shareOut(cluster, assignor, members).catch((cause) => {
        throw assignorError(assignor, cause);
      }));
    }
    const answer = await this.#ask(
      SyncGroup,
      {
        groupId: options.groupId,
        generationId: generation,
        memberId,
        groupInstanceId: options.instanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName: assignor.name,
        assignments,
      },
      signal,
    );
    if (answer.errorCode !== 0) throw groupError(options.groupId, answer.errorCode);
    // A leader of before may have given this member nothing, not even an empty list.
    if (answer.assignment.length === 0) return { assignment: [], counts };
    const { assignedPartitions } = decodeVersioned(ConsumerProtocolAssignment, answer.assignment);
    return { assignment: listPartitions(assignedPartitions), counts };
  }

  #subscription({ names, owned, generation, history }: Joining, assignor: Assignor): Buffer {
    return encodeVersioned(ConsumerProtocolSubscription, {
      topics: names,
      userData: assignor.subscriptionUserData?.(history) ?? null,
      ownedPartitions: groupByTopic(owned),
      generationId: generation,
      rackId: this.#context.options.rackId,
    });
  }

  async #ask<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    signal: AbortSignal,
    onSend?: () => void,
  ): Promise<Decoded<R>> {
    const { coordinator } = this.#context;
    const connection = await coordinator.connect('join');
    signal.throwIfAborted();
    onSend?.();
    try {
      const answer = await connection.request(api, body, { timeoutMs: this.#timeoutMs, heldMs: HELD_MS });
      const { errorCode } = answer as { readonly errorCode?: number };
      if (consequenceOf(errorCode ?? 0) === 'elsewhere') coordinator.forget(connection.address);
      return answer;
    } catch (cause) {
      if (!connection.isOpen) coordinator.forget(connection.address);
      throw cause;
    }
  }
}

/** Takes a member out of the group. Throws KlammError where the coordinator cannot be asked. */
export async function sayLeave(
  { coordinator, options: { groupId } }: MemberContext,
  memberId: string,
  reason: string,
): Promise<void> {
  for (let tries = 0; tries < 2; tries++) {
    const connection = await coordinator.connect('heartbeat');
    const { errorCode } = await connection.request(
      LeaveGroup,
      { groupId, memberId, members: [{ memberId, reason: reason.slice(0, REASON_LENGTH_MAX) }] },
      { timeoutMs: LEAVE_TIMEOUT_MS },
    );
    if (consequenceOf(errorCode) !== 'elsewhere') return;
    coordinator.forget(connection.address);
  }
}
