// Tells of the metadata log's quorum: leader, voters, observers and how far they are (KIP-595). Version notes: v1
// has times (KIP-836), v2 log directories and the nodes' addresses (KIP-853).

import { array, int16, int32, int64, nullable, since, string, uint16, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const replicaState = {
  /** Node id of the replica. */
  replicaId: int32(),
  /** Id of the replica's log directory (KIP-853). */
  replicaDirectoryId: since(2, uuid()),
  /** How far its log goes, as the leader knows; -1 where it does not. */
  logEndOffset: int64(),
  /** When it fetched last, by the leader's clock, ms since 1970; -1 for the leader, or never. */
  lastFetchTimestamp: since(1, int64(-1)),
  /** When it last had all the leader had, ms since 1970; -1 for never. */
  lastCaughtUpTimestamp: since(1, int64(-1)),
};

export const DescribeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    /** The partitions to tell of: the metadata log's only one. */
    topics: array({
      /** Name of the topic. */
      topicName: string(),
      /** What is asked for, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: since(2, nullable(string())),
    /** The quorum, topic by topic. */
    topics: array({
      /** Name of the topic. */
      topicName: string(),
      /** The quorum, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: since(2, nullable(string())),
        /** Id of the leader's broker; -1 while there is none. */
        leaderId: int32(),
        /** Epoch of the partition's leader; -1 where it is not known. */
        leaderEpoch: int32(),
        /** Offset up to which a majority has the log. */
        highWatermark: int64(),
        /** The voters, and how far they are. */
        currentVoters: array(replicaState),
        /** The other replicas, and how far they are. */
        observers: array(replicaState),
      }),
    }),
    /** Where the controllers can be reached. */
    nodes: since(
      2,
      array({
        /** Id of the node. */
        nodeId: int32(),
        /** Where the node can be reached, by listener. */
        listeners: array({
          /** Name of the listener. */
          name: string(),
          /** Name or address to connect to. */
          host: string(),
          /** TCP port to connect to. */
          port: uint16(),
        }),
      }),
    ),
  },
});
