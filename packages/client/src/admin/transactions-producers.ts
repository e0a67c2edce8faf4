// What partitions know of the producers that write to them, and the end of a transaction in one partition by a marker:
// the way out where a transaction hangs, which its coordinator knows nothing of and so will never end.
//
// KIP-664 (DescribeProducers), KIP-98 (WriteTxnMarkers); Kafka: DescribeProducersHandler, AbortTransactionHandler.

import { WriteTxnMarkers } from '@klamm/protocol/api/27-write-txn-markers';
import { DescribeProducers } from '@klamm/protocol/api/61-describe-producers';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { askLeaders } from './transactions-routes.ts';

/** A producer as a partition knows it; null for what it knows nothing of. */
export interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Sequence number of its last record; null after a marker that began the epoch. */
  readonly lastSequence: number | null;
  /** Timestamp of its last batch or marker, in ms since 1970. */
  readonly lastTimestamp: number | null;
  /** Epoch of the coordinator that wrote its last marker; null where there was none. */
  readonly coordinatorEpoch: number | null;
  /** First offset of its open transaction; null where none is open here. */
  readonly currentTxnStartOffset: number | null;
}

export interface PartitionProducers extends TopicPartition {
  /** By producer id. */
  readonly producers: readonly ProducerState[];
}

/** Whose transaction to abort, and where: as `{ topic, partition, ...producer }` with a ProducerState. */
export interface AbortTransactionSpec extends TopicPartition {
  readonly producerId: number;
  /** Its epoch in the partition; markers of an older one are refused. */
  readonly producerEpoch: number;
  /** At least that of the last marker of this producer. Default, and for null, 0: nobody has written one. */
  readonly coordinatorEpoch?: number | null;
}

const CONNECTION = 'control';

/** In the order of `partitions`; each of them once. */
export async function describeProducers(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<PartitionProducers[]> {
  const errorOf = (partition: string, errorCode: number, said?: string | null): Error =>
    kafkaError(errorCode, `The producers of ${partition} cannot be had: ${said || errorMeaning(errorCode)}`);
  const answers = await askLeaders(
    cluster,
    partitions,
    async (nodeId, topics) => {
      const connection = await cluster.connect(nodeId, CONNECTION);
      const answer = await connection.request(DescribeProducers, {
        topics: topics.map(({ topic, partitions: indexes }) => ({ name: topic, partitionIndexes: indexes })),
      });
      return answer.topics.flatMap(({ name: topic, partitions: told }) =>
        told.map((each) => ({ ...each, topic, partition: each.partitionIndex })),
      );
    },
    errorOf,
  );
  const places = new Map(partitions.map((place) => [partitionText(place), place]));
  return Array.from(places, ([name, { topic, partition }]) => {
    const answer = answers.get(name);
    const { errorCode, errorMessage, activeProducers } = answer ?? {
      errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
      errorMessage: null,
      activeProducers: [],
    };
    if (errorCode !== 0) throw errorOf(name, errorCode, errorMessage);
    const producers = activeProducers.map((producer) => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: known(producer.lastSequence),
      lastTimestamp: known(producer.lastTimestamp),
      coordinatorEpoch: known(producer.coordinatorEpoch),
      currentTxnStartOffset: known(producer.currentTxnStartOffset),
    }));
    return { topic, partition, producers: producers.sort((a, b) => a.producerId - b.producerId) };
  });
}

const known = (number: number): number | null => (number < 0 ? null : number);

/** Has the partition's leader write an abort marker. */
export async function abortTransaction(cluster: Cluster, spec: AbortTransactionSpec): Promise<void> {
  const { topic, partition, producerId, producerEpoch } = spec;
  const place = { topic, partition };
  const answers = await askLeaders(
    cluster,
    [place],
    async (nodeId, topics) => {
      const connection = await cluster.connect(nodeId, CONNECTION);
      const answer = await connection.request(WriteTxnMarkers, {
        markers: [
          {
            producerId,
            producerEpoch,
            transactionResult: false,
            topics: topics.map(({ topic: name, partitions }) => ({ name, partitionIndexes: partitions })),
            coordinatorEpoch: spec.coordinatorEpoch ?? 0,
          },
        ],
      });
      return answer.markers.flatMap((marker) =>
        marker.topics.flatMap((told) =>
          told.partitions.map(({ partitionIndex, errorCode }) => ({
            topic: told.name,
            partition: partitionIndex,
            errorCode,
          })),
        ),
      );
    },
    (_partition, errorCode) => notAborted(spec, errorCode),
  );
  const { errorCode } = answers.get(partitionText(place)) ?? { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR };
  if (errorCode !== 0) throw notAborted(spec, errorCode);
}

function notAborted(spec: AbortTransactionSpec, errorCode: number): Error {
  const what = `The transaction of producer ${spec.producerId} was not aborted in ${partitionText(spec)}`;
  return kafkaError(errorCode, `${what}: ${adviceOf(spec, errorCode)}`);
}

function adviceOf({ producerEpoch, coordinatorEpoch }: AbortTransactionSpec, errorCode: number): string {
  switch (errorCode) {
    case ErrorCode.INVALID_PRODUCER_EPOCH:
      return `its epoch there is not ${producerEpoch} any more. Look again with describeProducers.`;
    case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
      return `a coordinator of a later epoch than ${coordinatorEpoch ?? 0} has written there. Look again with describeProducers.`;
    case ErrorCode.CLUSTER_AUTHORIZATION_FAILED:
      return 'this client may not; it needs the ALTER operation on the cluster.';
    default:
      return errorMeaning(errorCode);
  }
}
