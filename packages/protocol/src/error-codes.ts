// The one table of Kafka's error codes: name, number, whether it is worth trying again, and what it means.
//
// Names and numbers are the wire's and match org.apache.kafka.common.protocol.Errors of Apache Kafka 4.3; the
// sentences are ours. Everything else that speaks of an error (ErrorCode, errorName, kafkaError) is derived
// from here, so a new error is one new row. It must not know who answers or receives an error.

import { KlammError } from '@klamm/base/errors';

type Row = readonly [code: number, retriable: boolean, meaning: string];

const FINAL = false;
const RETRY = true;

const TABLE = {
  UNKNOWN_SERVER_ERROR: [
    -1,
    FINAL,
    'The broker failed in a way it has no error code for; its log says more.',
  ],
  NONE: [0, FINAL, 'It worked.'],
  OFFSET_OUT_OF_RANGE: [
    1,
    FINAL,
    'The partition holds no such offset: it is before the first or past the last.',
  ],
  CORRUPT_MESSAGE: [2, RETRY, 'The record batch is damaged: its checksum, size or structure is wrong.'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, RETRY, 'This broker does not host that topic or partition.'],
  INVALID_FETCH_SIZE: [4, FINAL, 'The fetch asks for a size that makes no sense.'],
  LEADER_NOT_AVAILABLE: [5, RETRY, 'The partition has no leader at the moment; one is being elected.'],
  NOT_LEADER_OR_FOLLOWER: [
    6,
    RETRY,
    'This broker does not lead the partition; refresh the metadata and ask the leader.',
  ],
  REQUEST_TIMED_OUT: [7, RETRY, 'The broker could not finish the request in the time it was given.'],
  BROKER_NOT_AVAILABLE: [8, FINAL, 'The broker that was asked for is not there.'],
  REPLICA_NOT_AVAILABLE: [9, RETRY, 'The partition has no replica on this broker that could answer.'],
  MESSAGE_TOO_LARGE: [10, FINAL, 'The record batch is larger than max.message.bytes of the topic allows.'],
  STALE_CONTROLLER_EPOCH: [11, FINAL, 'The request comes from a controller that has been replaced.'],
  OFFSET_METADATA_TOO_LARGE: [12, FINAL, 'The text stored beside a committed offset is too long.'],
  NETWORK_EXCEPTION: [13, RETRY, 'The connection was lost before the answer came.'],
  COORDINATOR_LOAD_IN_PROGRESS: [
    14,
    RETRY,
    'The coordinator is still reading its state; ask again in a moment.',
  ],
  COORDINATOR_NOT_AVAILABLE: [15, RETRY, 'There is no coordinator at the moment.'],
  NOT_COORDINATOR: [
    16,
    RETRY,
    'This broker does not coordinate that group or transaction; find the coordinator again.',
  ],
  INVALID_TOPIC_EXCEPTION: [
    17,
    FINAL,
    'The topic name is not allowed, or the topic may not be used this way.',
  ],
  RECORD_LIST_TOO_LARGE: [18, FINAL, 'The batch is larger than one segment of the log can hold.'],
  NOT_ENOUGH_REPLICAS: [
    19,
    RETRY,
    'Fewer replicas are in sync than min.insync.replicas demands; nothing was written.',
  ],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [
    20,
    RETRY,
    'The records were written, but by fewer replicas than min.insync.replicas demands; sending again may duplicate them.',
  ],
  INVALID_REQUIRED_ACKS: [21, FINAL, 'acks must be 0, 1 or -1 (all).'],
  ILLEGAL_GENERATION: [
    22,
    FINAL,
    'The member speaks of a generation that its group has left behind; it must rejoin.',
  ],
  INCONSISTENT_GROUP_PROTOCOL: [
    23,
    FINAL,
    'The member shares no protocol type or assignor with the rest of its group.',
  ],
  INVALID_GROUP_ID: [24, FINAL, 'The group id is empty or not allowed.'],
  UNKNOWN_MEMBER_ID: [25, FINAL, 'The group has no such member; it must join again.'],
  INVALID_SESSION_TIMEOUT: [
    26,
    FINAL,
    'The session timeout is outside group.min.session.timeout.ms and group.max.session.timeout.ms.',
  ],
  REBALANCE_IN_PROGRESS: [27, FINAL, 'The group is rebalancing; the member must rejoin first.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, FINAL, 'The offsets to commit take more room than one batch may.'],
  TOPIC_AUTHORIZATION_FAILED: [29, FINAL, 'The principal may not do that with this topic.'],
  GROUP_AUTHORIZATION_FAILED: [30, FINAL, 'The principal may not do that with this group.'],
  CLUSTER_AUTHORIZATION_FAILED: [31, FINAL, 'The principal may not do that with this cluster.'],
  INVALID_TIMESTAMP: [
    32,
    FINAL,
    "The record's timestamp is too far from the broker's clock, or not a timestamp.",
  ],
  UNSUPPORTED_SASL_MECHANISM: [33, FINAL, 'The listener does not offer that SASL mechanism.'],
  ILLEGAL_SASL_STATE: [34, FINAL, 'That request does not belong at this point of the authentication.'],
  UNSUPPORTED_VERSION: [35, FINAL, 'The broker does not speak this version of the request.'],
  TOPIC_ALREADY_EXISTS: [36, FINAL, 'A topic with that name exists already.'],
  INVALID_PARTITIONS: [
    37,
    FINAL,
    'The number of partitions is not allowed: at least one, and never fewer than before.',
  ],
  INVALID_REPLICATION_FACTOR: [
    38,
    FINAL,
    'The replication factor is not positive, or larger than the number of brokers.',
  ],
  INVALID_REPLICA_ASSIGNMENT: [39, FINAL, 'The given assignment of replicas to brokers is not possible.'],
  INVALID_CONFIG: [40, FINAL, 'A configuration key or value is not valid.'],
  NOT_CONTROLLER: [41, RETRY, 'This broker is not the active controller.'],
  INVALID_REQUEST: [42, FINAL, 'The request contradicts itself or cannot be read.'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, FINAL, 'The record format of the data does not support that.'],
  POLICY_VIOLATION: [44, FINAL, 'A policy of this cluster refuses it.'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [
    45,
    FINAL,
    "The batch's sequence number does not follow the producer's last one.",
  ],
  DUPLICATE_SEQUENCE_NUMBER: [46, FINAL, 'The batch was written before; it is not written again.'],
  INVALID_PRODUCER_EPOCH: [47, FINAL, "The producer's epoch is older than the one the broker knows."],
  INVALID_TXN_STATE: [48, FINAL, 'The transaction is in a state that does not allow that.'],
  INVALID_PRODUCER_ID_MAPPING: [
    49,
    FINAL,
    'The producer id is not the one that belongs to the transactional id.',
  ],
  INVALID_TRANSACTION_TIMEOUT: [
    50,
    FINAL,
    'The transaction timeout is larger than transaction.max.timeout.ms allows.',
  ],
  CONCURRENT_TRANSACTIONS: [
    51,
    RETRY,
    'The last transaction of this transactional id is still being completed.',
  ],
  TRANSACTION_COORDINATOR_FENCED: [
    52,
    FINAL,
    'The marker comes from a transaction coordinator that has been replaced.',
  ],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, FINAL, 'The principal may not use this transactional id.'],
  SECURITY_DISABLED: [54, FINAL, 'The broker runs without an authorizer, so there are no ACLs to work with.'],
  OPERATION_NOT_ATTEMPTED: [
    55,
    FINAL,
    'Not tried, because something it depends on in the same request failed.',
  ],
  KAFKA_STORAGE_ERROR: [56, RETRY, 'The log directory that holds the partition failed and is offline.'],
  LOG_DIR_NOT_FOUND: [57, FINAL, 'The broker has no such log directory.'],
  SASL_AUTHENTICATION_FAILED: [58, FINAL, 'The credentials were not accepted.'],
  UNKNOWN_PRODUCER_ID: [
    59,
    FINAL,
    'The broker holds no state for this producer id: its records have been deleted or it is new.',
  ],
  REASSIGNMENT_IN_PROGRESS: [60, FINAL, 'The partition is being moved already.'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, FINAL, 'Delegation tokens are switched off.'],
  DELEGATION_TOKEN_NOT_FOUND: [62, FINAL, 'There is no such delegation token.'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [
    63,
    FINAL,
    'The principal is neither owner nor renewer of the delegation token.',
  ],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [
    64,
    FINAL,
    'Delegation tokens cannot be asked for over this listener or by a client that itself uses a token.',
  ],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [
    65,
    FINAL,
    'The principal may not do that with this delegation token.',
  ],
  DELEGATION_TOKEN_EXPIRED: [66, FINAL, 'The delegation token has expired.'],
  INVALID_PRINCIPAL_TYPE: [67, FINAL, 'That kind of principal is not supported.'],
  NON_EMPTY_GROUP: [68, FINAL, 'The group still has members.'],
  GROUP_ID_NOT_FOUND: [69, FINAL, 'There is no such group.'],
  FETCH_SESSION_ID_NOT_FOUND: [70, RETRY, 'The broker has dropped the fetch session; start a new one.'],
  INVALID_FETCH_SESSION_EPOCH: [71, RETRY, 'The fetch is out of step with its session; start a new one.'],
  LISTENER_NOT_FOUND: [72, RETRY, 'The leader has no listener of the name that this request came in on.'],
  TOPIC_DELETION_DISABLED: [73, FINAL, 'Deleting topics is switched off (delete.topic.enable).'],
  FENCED_LEADER_EPOCH: [
    74,
    RETRY,
    "The client's leader epoch is older than the broker's; refresh the metadata.",
  ],
  UNKNOWN_LEADER_EPOCH: [
    75,
    RETRY,
    "The client's leader epoch is newer than the broker's; the broker must catch up.",
  ],
  UNSUPPORTED_COMPRESSION_TYPE: [
    76,
    FINAL,
    'The compression of the batch is unknown, or too new for this request version.',
  ],
  STALE_BROKER_EPOCH: [77, FINAL, 'The request comes from an earlier life of that broker.'],
  OFFSET_NOT_AVAILABLE: [78, RETRY, 'The new leader does not know its high watermark yet.'],
  MEMBER_ID_REQUIRED: [79, FINAL, 'Join once more with the member id that this answer carries.'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, RETRY, 'The preferred leader of the partition is not available.'],
  GROUP_MAX_SIZE_REACHED: [81, FINAL, 'The group has as many members as its maximum size allows.'],
  FENCED_INSTANCE_ID: [82, FINAL, 'Another member has taken this group.instance.id.'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, RETRY, 'No replica that may lead the partition is available.'],
  ELECTION_NOT_NEEDED: [84, RETRY, 'The partition has the leader that the election would choose.'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, FINAL, 'The partition is not being moved.'],
  GROUP_SUBSCRIBED_TO_TOPIC: [
    86,
    FINAL,
    'The group still consumes the topic, so its offsets there cannot be deleted.',
  ],
  INVALID_RECORD: [
    87,
    FINAL,
    'A record of the batch breaks a rule of the topic, for instance a compacted topic without key.',
  ],
  UNSTABLE_OFFSET_COMMIT: [88, RETRY, 'An open transaction has yet to decide the committed offset.'],
  THROTTLING_QUOTA_EXCEEDED: [89, RETRY, 'A quota is used up; wait for the throttle time of the answer.'],
  PRODUCER_FENCED: [90, FINAL, 'A newer producer uses this transactional id; this one is finished.'],
  RESOURCE_NOT_FOUND: [91, FINAL, 'The request names something that does not exist.'],
  DUPLICATE_RESOURCE: [92, FINAL, 'The request names the same thing twice.'],
  UNACCEPTABLE_CREDENTIAL: [93, FINAL, 'The credential would not be safe or is not well formed.'],
  INCONSISTENT_VOTER_SET: [94, FINAL, 'Sender and receiver disagree on who votes in the quorum.'],
  INVALID_UPDATE_VERSION: [95, FINAL, 'The version in the update is not a possible one.'],
  FEATURE_UPDATE_FAILED: [96, FINAL, 'The features could not be updated.'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [
    97,
    FINAL,
    'The forwarded principal could not be read; its form differs between brokers.',
  ],
  SNAPSHOT_NOT_FOUND: [98, FINAL, 'There is no such snapshot of the metadata log.'],
  POSITION_OUT_OF_RANGE: [99, FINAL, 'The position is past the end of the snapshot.'],
  UNKNOWN_TOPIC_ID: [100, RETRY, 'This broker knows no topic with that id.'],
  DUPLICATE_BROKER_REGISTRATION: [101, FINAL, 'A broker with that id is registered and alive.'],
  BROKER_ID_NOT_REGISTERED: [102, FINAL, 'No broker with that id is registered.'],
  INCONSISTENT_TOPIC_ID: [103, RETRY, "The topic id of the request is not the one in the broker's log."],
  INCONSISTENT_CLUSTER_ID: [104, FINAL, 'The request is meant for another cluster.'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, FINAL, 'There is no such transactional id.'],
  FETCH_SESSION_TOPIC_ID_ERROR: [
    106,
    RETRY,
    'The fetch session mixes topic names and topic ids; start a new one.',
  ],
  INELIGIBLE_REPLICA: [107, FINAL, 'A replica that was named may not be in sync with the leader.'],
  NEW_LEADER_ELECTED: [108, FINAL, 'The change made another broker the leader of the partition.'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, FINAL, 'The offset is only in tiered storage by now.'],
  FENCED_MEMBER_EPOCH: [
    110,
    FINAL,
    "The coordinator fenced the member's epoch; it must leave its partitions and rejoin.",
  ],
  UNRELEASED_INSTANCE_ID: [111, FINAL, 'A live member holds this group.instance.id; it must leave first.'],
  UNSUPPORTED_ASSIGNOR: [112, FINAL, 'The coordinator does not offer that assignor.'],
  STALE_MEMBER_EPOCH: [
    113,
    FINAL,
    "The member's epoch is behind; try again after the next heartbeat's answer.",
  ],
  MISMATCHED_ENDPOINT_TYPE: [
    114,
    FINAL,
    'The request was sent to the wrong kind of endpoint (broker or controller).',
  ],
  UNSUPPORTED_ENDPOINT_TYPE: [115, FINAL, 'That kind of endpoint is not supported.'],
  UNKNOWN_CONTROLLER_ID: [116, FINAL, 'There is no controller with that id.'],
  UNKNOWN_SUBSCRIPTION_ID: [117, FINAL, 'The telemetry subscription is out of date; ask for the new one.'],
  TELEMETRY_TOO_LARGE: [118, FINAL, 'The pushed telemetry is larger than the broker accepts.'],
  INVALID_REGISTRATION: [119, FINAL, 'The controller refuses the registration of the broker.'],
  TRANSACTION_ABORTABLE: [120, FINAL, 'Something went wrong in the transaction; abort it and begin another.'],
  INVALID_RECORD_STATE: [121, FINAL, 'The record is not in a state that this acknowledgement fits.'],
  SHARE_SESSION_NOT_FOUND: [122, RETRY, 'The broker has dropped the share session; start a new one.'],
  INVALID_SHARE_SESSION_EPOCH: [
    123,
    RETRY,
    'The request is out of step with its share session; start a new one.',
  ],
  FENCED_STATE_EPOCH: [124, FINAL, "The share partition's state epoch is older than the coordinator's."],
  INVALID_VOTER_KEY: [125, FINAL, "The voter's id and directory id are not those of the receiver."],
  DUPLICATE_VOTER: [126, FINAL, 'That voter is in the quorum already.'],
  VOTER_NOT_FOUND: [127, FINAL, 'That voter is not in the quorum.'],
  INVALID_REGULAR_EXPRESSION: [128, FINAL, 'The regular expression is not valid.'],
  REBOOTSTRAP_REQUIRED: [
    129,
    FINAL,
    'What the client knows of the cluster is out of date; it must start from its bootstrap servers.',
  ],
  STREAMS_INVALID_TOPOLOGY: [130, FINAL, 'The streams topology is not valid.'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, FINAL, 'The epoch of the streams topology is not valid.'],
  STREAMS_TOPOLOGY_FENCED: [132, FINAL, 'The streams topology is older than the one of its group.'],
  SHARE_SESSION_LIMIT_REACHED: [133, RETRY, 'The broker holds as many share sessions as it may.'],
} as const satisfies Record<string, Row>;

/** The name of one of Kafka's errors. */
export type ErrorName = keyof typeof TABLE;

/** Kafka's numbers by name: `ErrorCode.NONE` is 0. */
export const ErrorCode = Object.fromEntries(Object.entries(TABLE).map(([name, row]) => [name, row[0]])) as {
  readonly [Name in ErrorName]: (typeof TABLE)[Name][0];
};
export type ErrorCode = (typeof ErrorCode)[ErrorName];

const byCode = new Map<number, { readonly name: ErrorName; readonly row: Row }>(
  (Object.keys(TABLE) as ErrorName[]).map((name) => [TABLE[name][0], { name, row: TABLE[name] }]),
);

/** Kafka's name for `code`; one that this table lacks reads as `UNKNOWN_SERVER_ERROR`, as Kafka's own clients do. */
export function errorName(code: number): ErrorName {
  return byCode.get(code)?.name ?? 'UNKNOWN_SERVER_ERROR';
}

/** True where the same request may succeed later without anything being changed. False for an unknown code. */
export function isRetriable(code: number): boolean {
  return byCode.get(code)?.row[1] ?? false;
}

/** One plain sentence on what `code` means. */
export function errorMeaning(code: number): string {
  return byCode.get(code)?.row[2] ?? `The error code ${code} is not one that this version of Klamm knows.`;
}

/**
 * A KlammError with Kafka's name, number and retriability of `code`.
 *
 * @param message what was wrong, where, and what to do about it; the table's general sentence where it is left out
 */
export function kafkaError(
  code: number,
  message?: string,
  options?: { readonly cause?: unknown },
): KlammError {
  return new KlammError(message ?? errorMeaning(code), {
    code: errorName(code),
    errorCode: code,
    retriable: isRetriable(code),
    cause: options?.cause,
  });
}
