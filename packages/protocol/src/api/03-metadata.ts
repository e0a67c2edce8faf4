// Tells which brokers there are, and which of them lead which partitions; may create topics. Version notes: in v0
// an empty list means all topics, from v1 on none, and null means all. v4 says whether to create topics, v8 what
// the caller may do (KIP-430), v10 to v12 bring topic ids (KIP-516; asking by id works from v12 on), v13 one error
// for all.

import {
  array,
  boolean,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  until,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: {
    /** The topics to tell of; null for all, none for none. */
    topics: nullable(
      array({
        /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
        topicId: since(10, uuid()),
        /** Name of the topic; null where it is named by id. */
        name: nullable(string(), 10),
      }),
      1,
    ),
    /** Whether a topic that is not there may be created, if the broker is set to do that. */
    allowAutoTopicCreation: since(4, boolean(true)),
    /** Whether to say what the caller may do with the cluster (KIP-430). */
    includeClusterAuthorizedOperations: until(10, since(8, boolean())),
    /** Whether to say what the caller may do with each topic (KIP-430). */
    includeTopicAuthorizedOperations: since(8, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(3, int32()),
    /** The brokers of the cluster. */
    brokers: array({
      /** Id of the broker. */
      nodeId: int32(),
      /** Name or address to connect to. */
      host: string(),
      /** TCP port to connect to. */
      port: int32(),
      /** Rack the node stands in; null where none is configured. */
      rack: since(1, optional(string())),
    }),
    /** Id of the cluster; null where it is not known. */
    clusterId: since(2, optional(string())),
    /** Node id of the controller. */
    controllerId: since(1, int32(-1)),
    /** The topics, one by one. */
    topics: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** Name of the topic; null where an id was asked for that is not there. */
      name: nullable(string(), 12),
      /** Id of the topic; all zero where a name was asked for that is not there. */
      topicId: since(10, uuid()),
      /** Whether the topic is Kafka's own, such as `__consumer_offsets`. */
      isInternal: since(1, boolean()),
      /** The topic's partitions. */
      partitions: array({
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Id of the leader's broker; -1 while there is none. */
        leaderId: int32(),
        /** Epoch of the partition's leader; -1 where it is not known. */
        leaderEpoch: since(7, int32(-1)),
        /** Broker ids of the replicas, the preferred leader first. */
        replicaNodes: array(int32()),
        /** Broker ids of the replicas that are in sync. */
        isrNodes: array(int32()),
        /** Broker ids of the replicas that are not up. */
        offlineReplicas: since(5, array(int32())),
      }),
      /** What the caller may do with the topic, a bit per operation; -2147483648 where it was not asked for. */
      topicAuthorizedOperations: since(8, int32(-2147483648)),
    }),
    /** What the caller may do with the cluster, a bit per operation; -2147483648 where it was not asked for. */
    clusterAuthorizedOperations: until(10, since(8, int32(-2147483648))),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: since(13, int16()),
  },
});
