// ElectLeaders v0 to v2. Behavior: one node leads every partition, so that no election is ever needed (KIP-183, KIP-460).
// Version notes: v1 says which kind of election; asked for all partitions, those that need none are left out.

import { ElectLeaders } from '@klamm/protocol/api/43-elect-leaders';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import type { MetadataImage } from '../metadata/image.ts';

/** 0 for the preferred leader, 1 for any replica that is there. */
const ELECTION_TYPE_MAX = 1;

type Wanted = readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;

export const electLeaders = defineHandler(ElectLeaders, {
  clusterOperation: Operation.alter,
  handle({ broker }, { electionType, topicPartitions }) {
    if (electionType < 0 || electionType > ELECTION_TYPE_MAX) {
      const errorMessage = `There is no election of type ${electionType}: 0 is for the preferred leader, 1 for an unclean one.`;
      return failed(topicPartitions, ErrorCode.INVALID_REQUEST, errorMessage);
    }
    const { image } = broker.catalog;
    return {
      errorCode: ErrorCode.NONE,
      replicaElectionResults:
        topicPartitions === null
          ? image.topics.map(({ name: topic }) => ({ topic, partitionResult: [] }))
          : topicPartitions.map(({ topic, partitions }) => ({
              topic,
              partitionResult: partitions.map((partitionId) => outcome(image, topic, partitionId)),
            })),
    };
  },
  onError: ({ topicPartitions }, errorCode, errorMessage) => failed(topicPartitions, errorCode, errorMessage),
});

function outcome(image: MetadataImage, topic: string, partitionId: number) {
  const partitions = image.topic(topic)?.partitions;
  if (partitions?.[partitionId] === undefined) {
    const what = partitions === undefined ? `topic ${topic}` : `partition ${topic}-${partitionId}`;
    const errorMessage = `There is no ${what}.`;
    return { partitionId, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
  }
  const errorCode = ErrorCode.ELECTION_NOT_NEEDED;
  return { partitionId, errorCode, errorMessage: errorMeaning(errorCode) };
}

function failed(topicPartitions: Wanted, errorCode: number, errorMessage: string) {
  return {
    errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  };
}
