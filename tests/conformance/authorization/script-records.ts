// Requests about records and topics: written, read, looked up.

import { systemClock } from '@klamm/base/clock';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { OffsetForLeaderEpoch } from '@klamm/protocol/api/23-offset-for-leader-epoch';
import { DescribeProducers } from '@klamm/protocol/api/61-describe-producers';
import { DescribeTopicPartitions } from '@klamm/protocol/api/75-describe-topic-partitions';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { EVERY_TOPIC } from './cast.ts';
import { from, type Row, rows } from './row.ts';

/** As Klamm and Apache Kafka name topics by id from these versions on. */
const PRODUCE_BY_ID_SINCE = 13;
const FETCH_BY_ID_SINCE = 13;

function batch(): Buffer {
  const builder = new BatchBuilder();
  builder.append(null, 'a record', [], systemClock.now());
  return builder.build();
}

function fetchBody(
  byId: boolean,
  topics: readonly string[],
  idOf: (topic: string) => string,
  replicaId = -1,
) {
  return {
    replicaId,
    replicaState: { replicaId, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 0,
    sessionEpoch: -1,
    topics: topics.map((topic) => ({
      ...(byId ? { topicId: idOf(topic) } : { topic }),
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
    })),
  };
}

export function recordRows(): Row[] {
  return [
    ...rows(Produce, from(3, 13), 'to every topic', (version, { idOf }) => ({
      transactionalId: null,
      acks: -1,
      timeoutMs: 5000,
      topicData: EVERY_TOPIC.map((topic) => ({
        ...(version >= PRODUCE_BY_ID_SINCE ? { topicId: idOf(topic) } : { name: topic }),
        partitionData: [{ index: 0, records: batch() }],
      })),
    })),
    ...['orders', 'logs.app', 'secret', 'public', 'nothing-here'].flatMap((topic) =>
      rows(Produce, [3, 9, 12], `to ${topic}`, () => ({
        transactionalId: null,
        acks: 1,
        timeoutMs: 5000,
        topicData: [{ name: topic, partitionData: [{ index: 0, records: batch() }] }],
      })),
    ),
    ...rows(Fetch, from(4, 18), 'of every topic', (version, { idOf }) =>
      fetchBody(version >= FETCH_BY_ID_SINCE, EVERY_TOPIC, idOf),
    ),
    ...['orders', 'logs.app', 'secret', 'public'].flatMap((topic) =>
      rows(Fetch, [4, 12, 13, 17], `of ${topic}`, (version, { idOf }) =>
        fetchBody(version >= FETCH_BY_ID_SINCE, [topic], idOf),
      ),
    ),
    ...rows(ListOffsets, from(1, 11), 'of every topic', () => ({
      replicaId: -1,
      topics: EVERY_TOPIC.map((name) => ({ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] })),
    })),
    ...rows(OffsetForLeaderEpoch, from(2, 4), 'of every topic', () => ({
      replicaId: -1,
      topics: EVERY_TOPIC.map((topic) => ({ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] })),
    })),
    ...rows(DescribeProducers, [0], 'of every topic', () => ({
      topics: EVERY_TOPIC.map((name) => ({ name, partitionIndexes: [0] })),
    })),
    ...metadataRows(),
  ];
}

function metadataRows(): Row[] {
  const flags = {
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
  };
  return [
    ...rows(Metadata, from(0, 13), 'of all topics', (version) => ({
      ...flags,
      topics: version === 0 ? [] : null,
    })),
    // Earlier versions create what is missing, whatever they say.
    ...rows(Metadata, from(4, 13), 'of every topic', () => ({
      ...flags,
      topics: EVERY_TOPIC.map((name) => ({ name })),
    })),
    ...rows(Metadata, [12, 13], 'by id', (_version, { idOf }) => ({
      ...flags,
      topics: EVERY_TOPIC.map((name) => ({ name: null, topicId: idOf(name) })),
    })),
    ...rows(DescribeTopicPartitions, [0], 'of every topic', () => ({
      topics: EVERY_TOPIC.map((name) => ({ name })),
    })),
    ...rows(DescribeTopicPartitions, [0], 'of all topics', () => ({ topics: [] })),
  ];
}
