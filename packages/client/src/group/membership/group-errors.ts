// What the error codes of group requests mean for a member: try again, look for the coordinator, rejoin, or give up;
// and the last in words that say what to do.

import type { KlammError } from '@klamm/base/errors';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import type { Coordinated } from '../../coordinator.ts';

/**
 * `again`: the coordinator is not ready. `elsewhere`: it is another broker. `fenced`: the group does not know the
 * member, or not in this generation. `fatal`: trying again changes nothing.
 */
export type Consequence = 'again' | 'elsewhere' | 'fenced' | 'fatal';

export function consequenceOf(code: number): Consequence {
  switch (code) {
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      return 'elsewhere';
    case ErrorCode.UNKNOWN_MEMBER_ID:
    case ErrorCode.ILLEGAL_GENERATION:
    case ErrorCode.FENCED_MEMBER_EPOCH:
    case ErrorCode.STALE_MEMBER_EPOCH:
      return 'fenced';
    case ErrorCode.REBALANCE_IN_PROGRESS:
    case ErrorCode.MEMBER_ID_REQUIRED:
      return 'again';
    default:
      return isRetriable(code) ? 'again' : 'fatal';
  }
}

/** The group as what its coordinator coordinates. */
export function coordinatedGroup(groupId: string): Coordinated {
  return {
    key: groupId,
    keyType: 0,
    warmed: ['heartbeat', 'request'],
    errorOf: (code, said) => groupError(groupId, code, said),
  };
}

/** @param said what the broker said of it */
export function groupError(groupId: string, code: number, said: string | null = null): KlammError {
  const advice = ADVICE[code] ?? errorMeaning(code);
  const detail = said === null || said === '' ? '' : ` The broker says: ${said}`;
  return kafkaError(code, `The group "${groupId}": ${advice}${detail}`);
}

const ADVICE: Readonly<Record<number, string>> = {
  [ErrorCode.GROUP_AUTHORIZATION_FAILED]:
    'this client may not use it; it needs the READ operation on the group.',
  [ErrorCode.TOPIC_AUTHORIZATION_FAILED]: 'this client may not read one of the topics it asks for.',
  [ErrorCode.GROUP_MAX_SIZE_REACHED]:
    'it has as many members as the broker allows (group.max.size, group.consumer.max.size).',
  [ErrorCode.INVALID_GROUP_ID]: 'its id is not allowed; it may not be empty.',
  [ErrorCode.INVALID_SESSION_TIMEOUT]:
    'the session timeout is not between group.min.session.timeout.ms and group.max.session.timeout.ms of the broker.',
  [ErrorCode.INCONSISTENT_GROUP_PROTOCOL]:
    'its members share no assignor with this one, or it is not a group of consumers; give all members the same assignors.',
  [ErrorCode.FENCED_INSTANCE_ID]:
    'another consumer has joined with the instance id of this one; each needs its own.',
  [ErrorCode.UNRELEASED_INSTANCE_ID]:
    'another consumer holds the instance id of this one; it must be closed first, or its session run out.',
  [ErrorCode.UNSUPPORTED_ASSIGNOR]:
    'the broker does not have the assignor that was asked for (group.consumer.assignors says which it has).',
  [ErrorCode.INVALID_REGULAR_EXPRESSION]:
    'the broker does not take the pattern of topics: in the consumer protocol it is an RE2 expression, without look-around and back references. The classic protocol matches it in this client.',
  [ErrorCode.UNSUPPORTED_VERSION]:
    'the broker does not offer the consumer protocol (KIP-848); use the classic one.',
  [ErrorCode.GROUP_ID_NOT_FOUND]:
    'it is a classic group that cannot become a consumer group while its members are there; use the classic protocol.',
};
