// Members of the classic protocol in a consumer group, while its members move from one protocol to the other (KIP-848).
//
// To them the group looks like a classic one that the coordinator leads: the member epoch is their generation, a join
// is a heartbeat that tells all, a sync tells what the coordinator assigned, and a heartbeat only says when to join
// again. No join waits for others, so every answer is given at once. GroupMetadataManager.classicGroup…ToConsumerGroup.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Joiner, LeaveOutcome, LeavingMember } from '../classic/classic-member.ts';
import {
  type JoinRequest,
  type JoinResponse,
  NO_BYTES,
  type SyncResponse,
} from '../classic/classic-member.ts';
import type { SyncRequest } from '../classic/classic-standing.ts';
import type { ConsumerChanges } from './consumer-changes.ts';
import { type ConsumerMember, MemberState, newMember } from './consumer-member.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import {
  assignmentBytes,
  byTopicId,
  CONSUMER_PROTOCOL_TYPE,
  readSubscription,
  type Subscription,
} from './embedded-protocol.ts';
import { mayDowngrade, successorOf } from './group-downgrade.ts';

export function joinClassic(
  changes: ConsumerChanges,
  request: JoinRequest,
  who: Joiner,
  now: number,
): JoinResponse {
  const { standing, options } = changes;
  const { groupInstanceId } = request;
  const isNew = request.memberId === '';
  const memberId = isNew ? options.newMemberId() : request.memberId;
  const problem = joinProblem(changes, request, memberId, who);
  if (problem !== ErrorCode.NONE) return { errorCode: problem, memberId, protocolName: '' };
  // All protocols of a consumer have the same subscription.
  const subscription = readSubscription(request.protocols[0]?.metadata ?? NO_BYTES);
  if (subscription === undefined) {
    return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId, protocolName: '' };
  }
  if (wasExpelled(standing, request, subscription)) {
    return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId, protocolName: '' };
  }
  const ownerId = groupInstanceId === null ? undefined : standing.idOf(groupInstanceId);
  const owner = ownerId === undefined ? undefined : standing.members.get(ownerId);
  const replaced = isNew ? owner : undefined;
  // Where it takes the place of the last member that spoke the consumer protocol, the group can be a classic one.
  const downgrades =
    replaced !== undefined && mayDowngrade(standing, new Set([replaced.memberId]), 0, options);
  const known =
    replaced === undefined
      ? (standing.members.get(memberId) ?? newMember(memberId))
      : changes.replace(replaced, memberId);
  changes.update(known, joined(known, request, subscription, who), null, now, who.mayDescribe);
  const isStale = standing.groupEpoch > standing.assignmentEpoch;
  if (!downgrades) changes.assign(now);
  const owned = byTopicId(subscription.ownedPartitions, options.topics);
  // The classic group will assign anew.
  const isOver = downgrades && isStale;
  const member = isOver ? changes.member(memberId) : changes.reconcile(memberId, owned, now);
  const answer = {
    errorCode: ErrorCode.NONE,
    generationId: member.memberEpoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: protocolOf(member),
    leader: '',
    memberId,
    members: [],
  };
  if (downgrades) {
    changes.succeed({
      record: successorOf(standing, new Set(), options.topics, now),
      mustRebalance: standing.state !== 'Stable',
    });
    return answer;
  }
  changes.timers.clear(memberId, 'join');
  changes.seen(member, now);
  changes.timers.set(memberId, 'sync', now + member.rebalanceTimeoutMs);
  return answer;
}

export function syncClassic(changes: ConsumerChanges, request: SyncRequest, now: number): SyncResponse {
  const { standing, options, timers } = changes;
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
  const refused = (errorCode: number): SyncResponse => ({ errorCode, assignment: NO_BYTES });
  const errorCode = memberProblem(standing, memberId, groupInstanceId);
  if (errorCode !== ErrorCode.NONE) return refused(errorCode);
  const member = changes.member(memberId);
  if (member.classicMemberMetadata === null) return refused(ErrorCode.UNKNOWN_MEMBER_ID);
  if (generationId !== member.memberEpoch) return refused(ErrorCode.ILLEGAL_GENERATION);
  const isOtherType = protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE;
  if (isOtherType || (protocolName !== null && protocolName !== protocolOf(member))) {
    return refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  }
  // One that has to give partitions back must learn of that first.
  if (standing.groupEpoch > member.memberEpoch && member.state !== MemberState.unrevoked) {
    timers.setIfAbsent(memberId, 'join', now + member.rebalanceTimeoutMs);
    return refused(ErrorCode.REBALANCE_IN_PROGRESS);
  }
  timers.clear(memberId, 'sync');
  changes.seen(member, now);
  const [preferred] = member.classicMemberMetadata.supportedProtocols;
  const assignment = assignmentBytes(member.assigned, preferred?.metadata ?? NO_BYTES, options.topics);
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment };
}

export function checkClassicHeartbeat(
  changes: ConsumerChanges,
  memberId: string,
  instanceId: string | null,
  generation: number,
  now: number,
): number {
  const { standing, timers } = changes;
  const errorCode = memberProblem(standing, memberId, instanceId);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  const member = changes.member(memberId);
  if (member.classicMemberMetadata === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (generation !== member.memberEpoch) return ErrorCode.ILLEGAL_GENERATION;
  changes.seen(member, now);
  const mustJoin =
    member.memberEpoch < standing.groupEpoch ||
    member.state === MemberState.unrevoked ||
    (member.state === MemberState.unreleased && canGetAll(standing, member));
  if (!mustJoin) return ErrorCode.NONE;
  timers.setIfAbsent(memberId, 'join', now + member.rebalanceTimeoutMs);
  return ErrorCode.REBALANCE_IN_PROGRESS;
}

export function leaveClassic(
  changes: ConsumerChanges,
  leaving: readonly LeavingMember[],
  now: number,
): LeaveOutcome[] {
  const { standing } = changes;
  const gone = new Set<string>();
  const outcomes = leaving.map(({ memberId, groupInstanceId }) => {
    // An admin removes a static member by its instance id alone.
    const isByInstance = memberId === '' && groupInstanceId !== null;
    const id = isByInstance ? (standing.idOf(groupInstanceId) ?? '') : memberId;
    const errorCode = memberProblem(standing, id, groupInstanceId);
    if (errorCode === ErrorCode.NONE) gone.add(id);
    return { memberId, groupInstanceId, errorCode };
  });
  changes.removeAll(gone, now);
  return outcomes;
}

function joinProblem(
  { standing, options }: ConsumerChanges,
  { protocolType, protocols, groupInstanceId, memberId: sentId }: JoinRequest,
  memberId: string,
  { mustKnowItsId }: Joiner,
): number {
  const { maxSize, migrationPolicy } = options.settings;
  if (migrationPolicy === 'disabled') return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  const isMember = standing.members.has(memberId);
  if (standing.members.size >= maxSize && !isMember) return ErrorCode.GROUP_MAX_SIZE_REACHED;
  const names = protocols.map(({ name }) => name);
  if (protocolType !== CONSUMER_PROTOCOL_TYPE || !speaksOneOf(standing, names)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  }
  if (groupInstanceId === null) {
    return sentId === '' && mustKnowItsId ? ErrorCode.MEMBER_ID_REQUIRED : ErrorCode.NONE;
  }
  return sentId === '' ? ErrorCode.NONE : memberProblem(standing, memberId, groupInstanceId);
}

/**
 * Whether it holds on to partitions as a member that the group has taken for gone. Apache Kafka takes it in again under
 * its old id; what it then commits of those partitions, which others have read on in, sets the group back.
 */
function wasExpelled(
  { members }: ConsumerStanding,
  { memberId, groupInstanceId }: JoinRequest,
  { ownedPartitions }: Subscription,
): boolean {
  return memberId !== '' && groupInstanceId === null && !members.has(memberId) && ownedPartitions.length > 0;
}

/** Whether one of the protocols is known to every member that speaks the classic protocol. */
function speaksOneOf({ members }: ConsumerStanding, names: readonly string[]): boolean {
  const common = new Set(names);
  for (const { classicMemberMetadata } of members.values()) {
    if (classicMemberMetadata === null) continue;
    const known = new Set(classicMemberMetadata.supportedProtocols.map(({ name }) => name));
    for (const name of common) if (!known.has(name)) common.delete(name);
  }
  return common.size > 0;
}

function memberProblem(standing: ConsumerStanding, memberId: string, instanceId: string | null): number {
  if (instanceId !== null) {
    const ownerId = standing.idOf(instanceId);
    if (ownerId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (ownerId !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return standing.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}

function joined(
  known: ConsumerMember,
  request: JoinRequest,
  { topics, rackId }: Subscription,
  who: Joiner,
): ConsumerMember {
  const { groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = request;
  return {
    ...known,
    clientId: who.clientId,
    clientHost: who.clientHost,
    instanceId: groupInstanceId ?? known.instanceId,
    rackId: rackId ?? known.rackId,
    // v0 has none; the session timeout was both.
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames: [...new Set(topics)].sort(),
    subscribedTopicRegex: null,
    classicMemberMetadata: {
      sessionTimeoutMs,
      // Copied: what was received is part of something larger.
      supportedProtocols: protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  };
}

/** The protocol that the member is told: the one it likes best. It matters to nobody, as the coordinator assigns. */
function protocolOf({ classicMemberMetadata }: ConsumerMember): string {
  return classicMemberMetadata?.supportedProtocols[0]?.name ?? '';
}

/** Whether nothing of what the member waits for is held by others any more. */
function canGetAll(standing: ConsumerStanding, { memberId }: ConsumerMember): boolean {
  for (const [topicId, partitions] of standing.targetOf(memberId)) {
    for (const partition of partitions) if (!standing.isFreeFor(memberId, topicId, partition)) return false;
  }
  return true;
}
