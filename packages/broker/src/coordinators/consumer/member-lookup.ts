// Whom a heartbeat is from: a member, a new one, or a static one that is back; or why it is none of the group.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { type ConsumerMember, newMember, STATIC_LEAVE_EPOCH } from './consumer-member.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import type { HeartbeatRequest, Refusal } from './heartbeat-check.ts';
import type { TopicPartitions } from './partition-sets.ts';

export interface Found {
  readonly member: ConsumerMember;
  /** The static member whose place it takes. */
  readonly replaces?: ConsumerMember;
}

/** @param memberId the request's, or one made up where it has none */
export function findMember(
  standing: ConsumerStanding,
  request: HeartbeatRequest,
  memberId: string,
  maxSize: number,
): Found | Refusal {
  const { instanceId, memberEpoch } = request;
  const known = standing.members.get(memberId);
  if (known === undefined && standing.members.size >= maxSize) {
    return refused(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
      `The group has ${maxSize} members, the most it may have.`,
    );
  }
  if (instanceId !== null) return findStatic(standing, request, memberId, instanceId);
  // Who joins again under its id has nothing: that was checked.
  if (memberEpoch === 0) return { member: known ?? newMember(memberId) };
  if (known === undefined) return unknownMember(memberId);
  return epochProblem(known, request) ?? { member: known };
}

function findStatic(
  standing: ConsumerStanding,
  request: HeartbeatRequest,
  memberId: string,
  instanceId: string,
): Found | Refusal {
  const ownerId = standing.idOf(instanceId);
  const owner = ownerId === undefined ? undefined : standing.members.get(ownerId);
  if (request.memberEpoch !== 0) {
    if (owner === undefined) {
      return refused(ErrorCode.UNKNOWN_MEMBER_ID, `No member has the instance id "${instanceId}".`);
    }
    if (owner.memberId !== memberId) return fencedInstance(instanceId, owner);
    return epochProblem(owner, request) ?? { member: owner };
  }
  // The same member joins again: its answer was lost, or it was fenced. (Apache Kafka would refuse it until its session
  // ends, though no other can have its member id.)
  if (owner === undefined || owner.memberId === memberId) return { member: owner ?? newMember(memberId) };
  if (owner.classicMemberMetadata === null && owner.memberEpoch !== STATIC_LEAVE_EPOCH) {
    return refused(
      ErrorCode.UNRELEASED_INSTANCE_ID,
      `The instance id "${instanceId}" is in use by member ${owner.memberId}, which has not left.`,
    );
  }
  return { member: owner, replaces: owner };
}

/**
 * A member may come with the epoch before its present one, as the answer that told it of the new one may be lost,
 * provided that it has nothing that is not its own.
 */
function epochProblem(member: ConsumerMember, request: HeartbeatRequest): Refusal | null {
  const { memberEpoch, topicPartitions } = request;
  if (memberEpoch === member.memberEpoch) return null;
  const isBehind = memberEpoch < member.memberEpoch && memberEpoch === member.previousMemberEpoch;
  if (isBehind && hasOnlyItsOwn(member, topicPartitions)) return null;
  return refused(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The member comes with epoch ${memberEpoch}, but has epoch ${member.memberEpoch}. It must give up its partitions and join again.`,
  );
}

function hasOnlyItsOwn(member: ConsumerMember, owned: readonly TopicPartitions[] | null): boolean {
  if (owned === null) return false;
  return owned.every(({ topicId, partitions }) =>
    partitions.every((partition) => member.assigned.get(topicId)?.has(partition) === true),
  );
}

export function unknownMember(memberId: string): Refusal {
  return refused(
    ErrorCode.UNKNOWN_MEMBER_ID,
    `Member ${memberId} is not one of the group; join with member epoch 0.`,
  );
}

export function fencedInstance(instanceId: string, owner: ConsumerMember): Refusal {
  return refused(
    ErrorCode.FENCED_INSTANCE_ID,
    `The instance id "${instanceId}" now belongs to member ${owner.memberId}.`,
  );
}

function refused(errorCode: number, errorMessage: string): Refusal {
  return { errorCode, errorMessage };
}
