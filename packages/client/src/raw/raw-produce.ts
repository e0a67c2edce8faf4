// Produce requests of finished batches, one for each partition, and requests that write transaction markers: what goes
// out is what the caller made, and each partition's outcome is handed back. No retry.
//
// KIP-98; Kafka: ProduceRequest, WriteTxnMarkersRequest (which asks for ALTER or CLUSTER_ACTION on the cluster).

import { ZERO_UUID } from '@klamm/base/random';
import { Produce } from '@klamm/protocol/api/00-produce';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { WriteTxnMarkers } from '@klamm/protocol/api/27-write-txn-markers';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { Connection } from '../network/connection.ts';
import type { RawClient, RawPartition } from './raw-client.ts';

type Place = Pick<RawPartition, 'topic' | 'topicId' | 'index'>;

export interface RawBatch extends Place {
  /** One batch of magic 2 with base offset 0 and its own checksum. */
  readonly records: Buffer;
}

export interface RawProduced {
  readonly topic: string;
  readonly index: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Of the batch's first record; that of the first time where the broker knew the batch already. */
  readonly baseOffset: number;
}

const LAST_NAMED_VERSION = 12;
const ALL = -1;
const UNANSWERED = { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null, baseOffset: -1 };

/** Acknowledged by all in-sync replicas, in the order of `batches`. Throws KlammError where the answer is lost. */
export async function rawProduce(
  connection: Connection,
  batches: readonly RawBatch[],
  timeoutMs: number,
): Promise<RawProduced[]> {
  const isNamed = batches.some(({ topicId }) => topicId === ZERO_UUID);
  const topicData = Array.from(
    Map.groupBy(batches, ({ topic }) => topic),
    ([name, members]) => ({
      name,
      topicId: members[0]?.topicId ?? ZERO_UUID,
      partitionData: members.map(({ index, records }) => ({ index, records })),
    }),
  );
  const answer = await connection.request(
    Produce,
    { transactionalId: null, acks: ALL, timeoutMs, topicData },
    { timeoutMs: timeoutMs * 2, ...(isNamed ? { versionMax: LAST_NAMED_VERSION } : {}) },
  );
  const found = new Map(
    answer.responses.flatMap(({ name, topicId, partitionResponses }) =>
      partitionResponses.map((each) => [`${name === '' ? topicId : name}/${each.index}`, each] as const),
    ),
  );
  return batches.map(({ topic, topicId, index }) => {
    const told = found.get(`${topic}/${index}`) ?? found.get(`${topicId}/${index}`) ?? UNANSWERED;
    const { errorCode, errorMessage, baseOffset } = told;
    return { topic, index, errorCode, errorMessage, baseOffset };
  });
}

export interface RawMarkers {
  readonly topic: string;
  readonly index: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  /** True for each marker that commits. */
  readonly committed: readonly boolean[];
}

/**
 * Has the partition's leader append markers, each a control batch of one offset, in their order. Resolves with the first
 * error code; how many were appended before it is not told. Throws KlammError where the answer is lost.
 */
export async function rawWriteMarkers(
  connection: Connection,
  markers: RawMarkers,
  timeoutMs: number,
): Promise<number> {
  const { topic, index, producerId, producerEpoch, coordinatorEpoch } = markers;
  const answer = await connection.request(
    WriteTxnMarkers,
    {
      markers: markers.committed.map((transactionResult) => ({
        producerId,
        producerEpoch,
        transactionResult,
        topics: [{ name: topic, partitionIndexes: [index] }],
        coordinatorEpoch,
      })),
    },
    { timeoutMs },
  );
  const codes = answer.markers.flatMap(({ topics }) =>
    topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
  );
  if (codes.length === 0) return ErrorCode.UNKNOWN_SERVER_ERROR;
  return codes.find((code) => code !== 0) ?? 0;
}

/** A producer id that nobody has. Throws KlammError where the cluster gives none. */
export function rawProducerId(client: RawClient): Promise<{ producerId: number; producerEpoch: number }> {
  return client.retry(async () => {
    const answer = await client.request(InitProducerId, {
      transactionalId: null,
      transactionTimeoutMs: 0x7fffffff,
    });
    if (answer.errorCode !== 0) throw kafkaError(answer.errorCode);
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  });
}
