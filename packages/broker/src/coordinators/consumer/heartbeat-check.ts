// What a ConsumerGroupHeartbeat must say to be looked at at all (GroupMetadataManager's request checks).

import type { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded, Encodable } from '@klamm/protocol/schema/fields';
import { LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-member.ts';

export type HeartbeatRequest = Decoded<(typeof ConsumerGroupHeartbeat)['request']['fields']>;
export type HeartbeatResponse = Encodable<(typeof ConsumerGroupHeartbeat)['response']['fields']>;

export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** Members choose their own ids from this version of ConsumerGroupHeartbeat on (KIP-1082). */
const OWN_MEMBER_IDS_SINCE = 1;

export function requestProblem(
  request: HeartbeatRequest,
  apiVersion: number,
  assignors: readonly string[],
): Refusal | null {
  const problem = shapeProblem(request, apiVersion);
  if (problem !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: problem };
  const { serverAssignor } = request;
  if (serverAssignor === null || assignors.includes(serverAssignor)) return null;
  return {
    errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR,
    errorMessage: `The assignor "${serverAssignor}" is not one of this broker's: ${assignors.join(', ')}.`,
  };
}

function shapeProblem(request: HeartbeatRequest, apiVersion: number): string | null {
  const { groupId, memberId, memberEpoch, instanceId, rackId } = request;
  if (groupId.trim() === '') return 'The group id is empty.';
  if (instanceId?.trim() === '') return 'The instance id is empty; leave it out for a dynamic member.';
  if (rackId?.trim() === '') return 'The rack id is empty; leave it out where there is none.';
  if (memberEpoch < STATIC_LEAVE_EPOCH) return `${memberEpoch} is no member epoch.`;
  const needsId = memberEpoch !== 0 || apiVersion >= OWN_MEMBER_IDS_SINCE;
  if (needsId && memberId.trim() === '') return 'The member id is empty.';
  if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId === null) {
    return 'Only a static member can leave for a while (member epoch -2).';
  }
  return memberEpoch === 0 ? joinProblem(request) : null;
}

function joinProblem(request: HeartbeatRequest): string | null {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request;
  if (rebalanceTimeoutMs === -1) return 'A member that joins must give its rebalance timeout.';
  if (topicPartitions === null || topicPartitions.length > 0) {
    return 'A member that joins has no partitions yet; it must say so with an empty list.';
  }
  // What is there, but empty, says that the member wants nothing yet.
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    return 'A member that joins must name its topics, or give a pattern.';
  }
  return null;
}

export const isLeaving = ({ memberEpoch }: HeartbeatRequest): boolean =>
  memberEpoch === LEAVE_EPOCH || memberEpoch === STATIC_LEAVE_EPOCH;

/** Whether the member says all of itself, as it does when it joins and after errors; then it is told all, too. */
export function isFullRequest(request: HeartbeatRequest): boolean {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex } = request;
  if (memberEpoch === 0) return true;
  const saysTopics = subscribedTopicNames !== null || subscribedTopicRegex !== null;
  return rebalanceTimeoutMs !== -1 && saysTopics && request.topicPartitions !== null;
}
