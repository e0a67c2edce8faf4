// Acknowledges records acquired by a member of a share group, without fetching more (KIP-932). Version notes: v1 is
// the first stable one; v2 can renew locks (KIP-1222).

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  struct,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ShareAcknowledge = api({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [1, 2],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: optional(string()),
    /** Id of the group member. */
    memberId: nullable(string()),
    /** Position in the share session: 0 opens it, -1 closes it, else one more than before. */
    shareSessionEpoch: int32(),
    /** Whether any acknowledgement below renews the lock on records instead of ending it (KIP-1222). */
    isRenewAck: since(2, boolean()),
    /** Partitions with acknowledgements, topic by topic. */
    topics: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** What is asked for, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Verdicts on records delivered before, in ranges. */
        acknowledgementBatches: array({
          /** First offset of the range. */
          firstOffset: int64(),
          /** Last offset of the range, inclusive. */
          lastOffset: int64(),
          /** One for all records of the range or one for each: 0 gap, 1 accept, 2 release, 3 reject, 4 renew. */
          acknowledgeTypes: array(int8()),
        }),
      }),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: optional(string()),
    /** How long acquired records are kept from others, ms. */
    acquisitionLockTimeoutMs: since(2, int32()),
    /** The outcome, topic by topic. */
    responses: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** The outcome, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: optional(string()),
        /** Who leads the partition now, told with an error of the wrong leader (KIP-951). */
        currentLeader: struct({
          /** Id of the leader's broker; -1 while there is none. */
          leaderId: int32(),
          /** Epoch of the partition's leader; -1 where it is not known. */
          leaderEpoch: int32(),
        }),
      }),
    }),
    /** Addresses of the leaders named above, so that no new metadata is needed (KIP-951). */
    nodeEndpoints: array({
      /** Id of the node. */
      nodeId: int32(),
      /** Name or address to connect to. */
      host: string(),
      /** TCP port to connect to. */
      port: int32(),
      /** Rack the node stands in; null where none is configured. */
      rack: optional(string()),
    }),
  },
});
