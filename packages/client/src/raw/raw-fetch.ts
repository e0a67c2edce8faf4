// A Fetch request for partitions of one leader whose answer is handed on as it came: batches of records in one piece of
// bytes, and the aborted transactions among them. No session, and no retry.

import { ZERO_UUID } from '@klamm/base/random';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { kafkaError } from '@klamm/protocol/error-codes';
import type { Connection } from '../network/connection.ts';
import type { RawPartition } from './raw-client.ts';

export interface RawFetch extends Pick<RawPartition, 'topic' | 'topicId' | 'index'> {
  readonly offset: number;
  readonly maxBytes: number;
}

export interface RawFetchOptions {
  /** Only up to the last stable offset, with the aborted transactions. */
  readonly readCommitted: boolean;
  readonly maxWaitMs: number;
  /** Of the whole answer, unless its first batch is larger. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface RawFetched {
  readonly topic: string;
  readonly index: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  /** -1 where it is not told. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[];
  /** Whole batches, the last of which may be cut off. The caller may write to it. */
  readonly records: Buffer;
}

const LAST_NAMED_VERSION = 12;
const NO_SESSION_EPOCH = -1;
const NOTHING = Buffer.alloc(0);

/** Throws KlammError where the request as a whole is refused, or its answer lost. */
export async function rawFetch(
  connection: Connection,
  partitions: readonly RawFetch[],
  options: RawFetchOptions,
): Promise<RawFetched[]> {
  const isNamed = partitions.some(({ topicId }) => topicId === ZERO_UUID);
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  const answer = await connection.request(
    Fetch,
    {
      maxWaitMs: options.maxWaitMs,
      minBytes: 1,
      maxBytes: options.maxBytes,
      isolationLevel: options.readCommitted ? 1 : 0,
      sessionEpoch: NO_SESSION_EPOCH,
      topics: Array.from(topics, ([topic, members]) => ({
        topic,
        topicId: members[0]?.topicId ?? ZERO_UUID,
        partitions: members.map(({ index, offset, maxBytes }) => ({
          partition: index,
          fetchOffset: offset,
          partitionMaxBytes: maxBytes,
        })),
      })),
    },
    {
      timeoutMs: options.timeoutMs + options.maxWaitMs,
      heldMs: options.maxWaitMs,
      ...(isNamed ? { versionMax: LAST_NAMED_VERSION } : {}),
    },
  );
  if (answer.errorCode !== 0) throw kafkaError(answer.errorCode);
  const names = new Map(partitions.map(({ topic, topicId }) => [topicId, topic]));
  return answer.responses.flatMap(({ topic, topicId, partitions: answers }) =>
    answers.map((found) => ({
      topic: topic === '' ? (names.get(topicId) ?? '') : topic,
      index: found.partitionIndex,
      errorCode: found.errorCode,
      highWatermark: found.highWatermark,
      lastStableOffset: found.lastStableOffset,
      logStartOffset: found.logStartOffset,
      aborted: found.abortedTransactions ?? [],
      records: found.records ?? NOTHING,
    })),
  );
}
