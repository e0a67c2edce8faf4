// Acquires records for a member of a share group, and acknowledges those acquired before (KIP-932). Version notes:
// v1 is the first stable one; v2 can hold a limit of records and renew locks (KIP-1206, KIP-1222).

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  records,
  since,
  string,
  struct,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ShareFetch = api({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexibleFrom: 0,
  request: {
    /** Id of the group; null where a request only goes on with its session. */
    groupId: optional(string()),
    /** Id of the group member. */
    memberId: nullable(string()),
    /** Position in the share session: 0 opens it, -1 closes it, else one more than before. */
    shareSessionEpoch: int32(),
    /** How long the broker may wait for enough records, ms. */
    maxWaitMs: int32(),
    /** How many bytes of records are worth answering for. */
    minBytes: int32(),
    /** About how many bytes to answer with; the first batch is answered whole, however large (KIP-74). */
    maxBytes: int32(2147483647),
    /** How many records to acquire at most; batches may go beyond it (KIP-1206). */
    maxRecords: int32(),
    /** How many records a range of acquired ones shall have. */
    batchSize: int32(),
    /** 0 keeps to whole batches, 1 holds the limit of records (KIP-1206). */
    shareAcquireMode: since(2, int8()),
    /** Whether any acknowledgement below renews the lock on records instead of ending it (KIP-1222). */
    isRenewAck: since(2, boolean()),
    /** Partitions that are new in the session, or have acknowledgements. */
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
    /** Partitions to leave out of the session from now on. */
    forgottenTopicsData: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** Numbers of the partitions. */
      partitions: array(int32()),
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
    acquisitionLockTimeoutMs: int32(),
    /** What was fetched, topic by topic. */
    responses: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** What was fetched, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: optional(string()),
        /** Kafka's error number for the acknowledgements; 0 is success. */
        acknowledgeErrorCode: int16(),
        /** What went wrong with the acknowledgements; null for nothing. */
        acknowledgeErrorMessage: optional(string()),
        /** Who leads the partition now, told with an error of the wrong leader (KIP-951). */
        currentLeader: struct({
          /** Id of the leader's broker; -1 while there is none. */
          leaderId: int32(),
          /** Epoch of the partition's leader; -1 where it is not known. */
          leaderEpoch: int32(),
        }),
        /** Record batches, as they are stored. */
        records: records(),
        /** Which of the records are the member's to process, in ranges. */
        acquiredRecords: array({
          /** First offset of the range. */
          firstOffset: int64(),
          /** Last offset of the range, inclusive. */
          lastOffset: int64(),
          /** How often these records have been delivered. */
          deliveryCount: int16(),
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
