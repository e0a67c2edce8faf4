// DescribeQuorum v0 to v2. Behavior: the quorum of the metadata log, which is this node alone (KIP-595, KIP-836;
// org.apache.kafka.raft.KafkaRaftClient). Version notes: v2 tells the directory of a voter where voters can change
// (KIP-853), and the addresses of controllers, of which there is none: clients have no need to talk to one.

import { ZERO_UUID } from '@klamm/base/random';
import { DescribeQuorum } from '@klamm/protocol/api/55-describe-quorum';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';

const METADATA_TOPIC = '__cluster_metadata';

export const describeQuorum = defineHandler(DescribeQuorum, {
  clusterOperation: Operation.describe,
  handle({ broker }, { topics }) {
    const [topic] = topics;
    const isAsked =
      topics.length === 1 &&
      topic?.topicName === METADATA_TOPIC &&
      topic.partitions.length === 1 &&
      topic.partitions[0]?.partitionIndex === 0;
    if (!isAsked) return { topics: topics.map(unknownTopic) };
    const { catalog, clock } = broker;
    const now = clock.now();
    const self = {
      replicaId: catalog.nodeId,
      replicaDirectoryId: catalog.kraftVersion === 0 ? ZERO_UUID : catalog.directoryId,
      logEndOffset: catalog.endOffset,
      lastFetchTimestamp: now,
      lastCaughtUpTimestamp: now,
    };
    const partition = {
      partitionIndex: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: '',
      leaderId: catalog.nodeId,
      leaderEpoch: catalog.epoch,
      highWatermark: catalog.endOffset,
      currentVoters: [self],
      observers: [],
    };
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: '',
      topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }],
    };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

function unknownTopic({
  topicName,
  partitions,
}: {
  readonly topicName: string;
  readonly partitions: readonly { readonly partitionIndex: number }[];
}) {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const errorMessage = errorMeaning(errorCode);
  return {
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode,
      errorMessage,
      leaderId: 0,
      leaderEpoch: 0,
      highWatermark: 0,
      currentVoters: [],
      observers: [],
    })),
  };
}
