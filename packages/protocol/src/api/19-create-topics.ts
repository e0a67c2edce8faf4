// Creates topics. Kafka 4 begins with v2 (KIP-896). v0 and v1 stay readable for programs that fill in Sarama's
// request by hand and so send v0; brokers advertise v2 to v7. Version notes: v4 takes -1 for the default counts
// (KIP-464), v5 answers with the settings (KIP-525), v6 may be throttled (KIP-599), v7 answers with the topic's id
// (KIP-516).

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  nullable,
  since,
  string,
  tagged,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexibleFrom: 5,
  request: {
    /** The topics to create. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** Number of partitions; -1 for the broker's default, or where they are assigned below. */
      numPartitions: int32(),
      /** Replicas of each partition; -1 for the broker's default, or where they are assigned below. */
      replicationFactor: int16(),
      /** Where each partition shall lie; empty to let the broker choose. */
      assignments: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Broker ids of the replicas, the preferred leader first. */
        brokerIds: array(int32()),
      }),
      /** Settings other than the defaults. */
      configs: array({
        /** Name of the setting. */
        name: string(),
        /** Value of the setting; null for the default. */
        value: nullable(string()),
      }),
    }),
    /** How long the broker may take, ms. */
    timeoutMs: int32(60000),
    /** Whether to check only, and change nothing. */
    validateOnly: since(1, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(2, int32()),
    /** The outcome, topic by topic, in the order they were asked for. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(7, uuid()),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: since(1, nullable(string())),
      /** Why the settings are not told: the caller may not see them. */
      topicConfigErrorCode: tagged(0, 5, int16()),
      /** Number of partitions it has now; -1 where the caller may not see it. */
      numPartitions: since(5, int32(-1)),
      /** Replicas of each partition; -1 where the caller may not see it. */
      replicationFactor: since(5, int16(-1)),
      /** All settings the topic has now; null where the caller may not see them. */
      configs: since(
        5,
        nullable(
          array({
            /** Name of the setting. */
            name: string(),
            /** Value of the setting. */
            value: nullable(string()),
            /** Whether it can be changed only where the broker's file is. */
            readOnly: boolean(),
            /** Whose value: 1 topic, 2 broker, 3 all brokers, 4 the broker's file, 5 default, 8 group. */
            configSource: int8(-1),
            /** Whether it is a secret; its value is null then. */
            isSensitive: boolean(),
          }),
        ),
      ),
    }),
  },
});
