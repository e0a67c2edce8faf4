// Hanging transactions: open in a partition for longer than any may be, and unknown to a coordinator that could end
// them. Readers of committed records wait at their first offset, and compaction stops there, until somebody aborts them.
//
// Judged as Kafka's TransactionsCommand does (KIP-664), from three sides: what partitions say, whose the producer ids
// are, and what the coordinators have. As one after the other is asked, the partitions are asked once more at the end.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { listPartitions, partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { describeConfigs } from './configs.ts';
import { describeTransactions, listTransactions } from './transactions.ts';
import { describeProducers, type ProducerState } from './transactions-producers.ts';

export interface HangingTransaction extends TopicPartition, ProducerState {
  /** Where it began in the partition. */
  readonly currentTxnStartOffset: number;
  /** Whose producer id it is; null where no coordinator knows it. */
  readonly transactionalId: string | null;
}

export interface FindHangingOptions {
  /** Where to look. Default: all partitions of all topics, Kafka's own too. */
  readonly partitions?: readonly TopicPartition[];
  /**
   * Only producers that have written nothing for longer than this, in ms. Default: `transaction.max.timeout.ms` of the
   * brokers, and five minutes: no transaction that a coordinator knows can be open for so long.
   */
  readonly longerThanMs?: number;
}

/** What Kafka gives a coordinator to end a transaction that has timed out (ProducerStateManager). */
const LATE_BUFFER_MS = 5 * 60_000;
/** Kafka's default, for brokers that do not tell. */
const TRANSACTION_TIMEOUT_MAX_MS = 15 * 60_000;
const TIMEOUT_MAX = 'transaction.max.timeout.ms';

type OpenTransaction = TopicPartition & ProducerState & { readonly currentTxnStartOffset: number };

export async function findHangingTransactions(
  cluster: Cluster,
  options: FindHangingOptions,
): Promise<HangingTransaction[]> {
  const longerThanMs = options.longerThanMs ?? (await longestMs(cluster)) + LATE_BUFFER_MS;
  const partitions = options.partitions ?? (await allPartitions(cluster));
  const sinceMs = cluster.settings.clock.now() - longerThanMs;
  const late = (await openTransactions(cluster, partitions)).filter(
    ({ lastTimestamp }) => (lastTimestamp ?? -1) < sinceMs,
  );
  if (late.length === 0) return [];

  const producerIds = [...new Set(late.map(({ producerId }) => producerId))];
  const listed = await listTransactions(cluster, { producerIds });
  const idOf = new Map(listed.map(({ producerId, transactionalId }) => [producerId, transactionalId]));
  const described = await describeTransactions(cluster, [...idOf.values()]);
  const expected = new Set(
    [...described.values()].flatMap(({ producerId, partitions: open }) =>
      open.map((place) => keyOf({ ...place, producerId })),
    ),
  );
  // What its coordinator has among its partitions will have a marker.
  const hanging = late.filter((each) => !expected.has(keyOf(each)));
  const still = new Set((await openTransactions(cluster, hanging)).map(textOf));
  return hanging
    .filter((each) => still.has(textOf(each)))
    .map((each) => ({ ...each, transactionalId: idOf.get(each.producerId) ?? null }));
}

const keyOf = (each: TopicPartition & { readonly producerId: number }): string =>
  `${each.producerId}/${partitionText(each)}`;

const textOf = (each: OpenTransaction): string => `${keyOf(each)}/${each.currentTxnStartOffset}`;

async function openTransactions(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<OpenTransaction[]> {
  const described = await describeProducers(cluster, partitions);
  return described.flatMap(({ topic, partition, producers }) =>
    producers.flatMap((producer) => {
      const { currentTxnStartOffset } = producer;
      return currentTxnStartOffset === null ? [] : [{ topic, partition, ...producer, currentTxnStartOffset }];
    }),
  );
}

async function allPartitions(cluster: Cluster): Promise<TopicPartition[]> {
  const { topics } = await cluster.listTopics(null);
  return listPartitions(
    topics.map(({ name, partitions }) => ({ topic: name, partitions: partitions.map(({ index }) => index) })),
  );
}

/** How long the brokers let a transaction be open, in ms: the longest of them. */
async function longestMs(cluster: Cluster): Promise<number> {
  const { cluster: described } = await cluster.listTopics([]);
  const values = await Promise.all(
    described.brokers.map(async ({ nodeId }) => {
      try {
        const [entry] = await describeConfigs(cluster, { broker: nodeId }, [TIMEOUT_MAX]);
        return Number(entry?.value ?? TRANSACTION_TIMEOUT_MAX_MS);
      } catch (cause) {
        const isHidden =
          cause instanceof KlammError && cause.errorCode === ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
        if (isHidden) return TRANSACTION_TIMEOUT_MAX_MS;
        throw cause;
      }
    }),
  );
  return Math.max(...values);
}
