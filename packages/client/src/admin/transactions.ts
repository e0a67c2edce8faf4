// Transactions as their coordinators have them: which there are, where each stands, and the end of one by fencing its
// producer off. What partitions know of them is another file's.
//
// KIP-664 (ListTransactions, DescribeTransactions), KIP-994, KIP-1152, KIP-360; Kafka: Admin.fenceProducers.

import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ListTransactions } from '@klamm/protocol/api/66-list-transactions';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { listPartitions, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { askCoordinators } from './transactions-routes.ts';

/** Every state that a coordinator tells of; `Unknown` stands for one that only a newer Kafka has. */
export const TRANSACTION_STATES = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'PrepareEpochFence',
] as const;

export type TransactionState = (typeof TRANSACTION_STATES)[number] | 'Unknown';

/** States in which a transaction is open: begun, and not ended in every partition. */
const OPEN: readonly TransactionState[] = ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'];

export interface TransactionListing {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  /** Node id of the broker that coordinates it. */
  readonly coordinatorId: number;
}

export interface TransactionDescription extends TransactionListing {
  readonly producerEpoch: number;
  /** How long a transaction of this producer may be open before the coordinator aborts it, in ms. */
  readonly transactionTimeoutMs: number;
  /** When the open transaction began, in ms since 1970; null where none is open. */
  readonly transactionStartTimeMs: number | null;
  /** Partitions of the open transaction that have no marker of its end yet. */
  readonly partitions: readonly TopicPartition[];
}

/** Filters for listTransactions: what passes all of them is listed. */
export interface ListTransactionsOptions {
  /** Any of these. Default all. */
  readonly states?: readonly TransactionState[];
  /** Any of these. Default all. */
  readonly producerIds?: readonly number[];
  /** Only transactions that have been open for longer than this, in ms. Needs Apache Kafka 3.8 or newer. */
  readonly longerThanMs?: number;
  /** RE2 pattern of the whole transactional id. Needs Apache Kafka 4.1 or newer. */
  readonly transactionalIdPattern?: string;
}

export interface FenceProducersOptions {
  /** The transaction timeout that the coordinator keeps until the next producer says its own, in ms. Default 60,000. */
  readonly transactionTimeoutMs?: number;
}

/** The id and epoch that fenced the producers off. */
export interface FencedProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

const CONNECTION = 'control';
const DURATION_SINCE = 1;
const PATTERN_SINCE = 2;
const NO_FILTER = -1;
const TRANSACTION_TIMEOUT_MS = 60_000;

/** All transactional ids of all brokers that pass the filters, by id. */
export async function listTransactions(
  cluster: Cluster,
  options: ListTransactionsOptions,
): Promise<TransactionListing[]> {
  const { cluster: described } = await cluster.listTopics([]);
  const answers = await Promise.all(
    // A broker that has just started does not know its transactions yet, and says so.
    described.brokers.map(({ nodeId }) => cluster.retry(() => listOn(cluster, nodeId, options))),
  );
  return answers.flat().sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
}

async function listOn(
  cluster: Cluster,
  nodeId: number,
  { states = [], producerIds = [], longerThanMs, transactionalIdPattern }: ListTransactionsOptions,
): Promise<TransactionListing[]> {
  const connection = await cluster.connect(nodeId, CONNECTION);
  const version = connection.versionOf(ListTransactions);
  // An older broker would not see the filter, and list everything.
  if (longerThanMs !== undefined && version < DURATION_SINCE) throw unfiltered('how long they are open');
  if (transactionalIdPattern !== undefined && version < PATTERN_SINCE) throw unfiltered('a pattern');
  const answer = await connection.request(ListTransactions, {
    stateFilters: states,
    producerIdFilters: producerIds,
    durationFilter: longerThanMs ?? NO_FILTER,
    transactionalIdPattern: transactionalIdPattern ?? null,
  });
  const { errorCode, unknownStateFilters } = answer;
  if (errorCode === ErrorCode.INVALID_REGULAR_EXPRESSION) {
    throw kafkaError(
      errorCode,
      `"${transactionalIdPattern}" is no pattern for brokers: RE2 has no look-around.`,
    );
  }
  if (errorCode !== 0)
    throw kafkaError(errorCode, `The transactions cannot be listed: ${errorMeaning(errorCode)}`);
  if (unknownStateFilters.length > 0) {
    throw kafkaError(
      ErrorCode.INVALID_REQUEST,
      `The broker knows no such state of a transaction: ${unknownStateFilters.join(', ')}.`,
    );
  }
  const listed = answer.transactionStates.map(({ transactionalId, transactionState, producerId }) => ({
    transactionalId,
    state: stateOf(transactionState),
    producerId,
    coordinatorId: nodeId,
  }));
  // Brokers count a transaction that is over from its beginning, and one that never began from 1970.
  return longerThanMs === undefined ? listed : listed.filter(({ state }) => OPEN.includes(state));
}

function unfiltered(by: string): Error {
  return kafkaError(
    ErrorCode.UNSUPPORTED_VERSION,
    `The broker is too old to list transactions by ${by}; leave the filter out.`,
  );
}

/** Those that are there, by transactional id. */
export async function describeTransactions(
  cluster: Cluster,
  transactionalIds: readonly string[],
): Promise<Map<string, TransactionDescription>> {
  const answers = await askCoordinators(
    cluster,
    transactionalIds,
    async (nodeId, ids) => {
      const connection = await cluster.connect(nodeId, CONNECTION);
      const { transactionStates } = await connection.request(DescribeTransactions, { transactionalIds: ids });
      return transactionStates.map((state) => [state.transactionalId, { ...state, nodeId }]);
    },
    (id, errorCode) => refused(id, 'cannot be described', errorCode),
  );
  const found = new Map<string, TransactionDescription>();
  for (const [transactionalId, answer] of answers) {
    const { errorCode, topics, transactionStartTimeMs: startTimeMs } = answer;
    if (errorCode === ErrorCode.TRANSACTIONAL_ID_NOT_FOUND) continue;
    if (errorCode !== 0) throw refused(transactionalId, 'cannot be described', errorCode);
    const state = stateOf(answer.transactionState);
    found.set(transactionalId, {
      transactionalId,
      state,
      producerId: answer.producerId,
      coordinatorId: answer.nodeId,
      producerEpoch: answer.producerEpoch,
      transactionTimeoutMs: answer.transactionTimeoutMs,
      transactionStartTimeMs: startTimeMs >= 0 && OPEN.includes(state) ? startTimeMs : null,
      partitions: listPartitions(topics.map(({ topic, partitions }) => ({ topic, partitions }))),
    });
  }
  return found;
}

/** Throws TRANSACTIONAL_ID_NOT_FOUND where there is none. */
export async function describeTransaction(
  cluster: Cluster,
  transactionalId: string,
): Promise<TransactionDescription> {
  const found = (await describeTransactions(cluster, [transactionalId])).get(transactionalId);
  if (found !== undefined) return found;
  throw kafkaError(
    ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
    `There is no transactional id "${transactionalId}"; it may have expired (transactional.id.expiration.ms).`,
  );
}

/** Gives each transactional id another epoch, so that its producers are fenced off, and an open transaction aborted. */
export async function fenceProducers(
  cluster: Cluster,
  transactionalIds: readonly string[],
  { transactionTimeoutMs = TRANSACTION_TIMEOUT_MS }: FenceProducersOptions,
): Promise<Map<string, FencedProducer>> {
  const answers = await askCoordinators(
    cluster,
    transactionalIds,
    async (nodeId, ids) => {
      const connection = await cluster.connect(nodeId, CONNECTION);
      return Promise.all(
        ids.map(async (transactionalId) => {
          const body = { transactionalId, transactionTimeoutMs };
          return [transactionalId, await connection.request(InitProducerId, body)] as const;
        }),
      );
    },
    (id, errorCode) => refused(id, 'was not fenced', errorCode),
  );
  const fenced = new Map<string, FencedProducer>();
  for (const [transactionalId, { errorCode, producerId, producerEpoch }] of answers) {
    if (errorCode !== 0) throw refused(transactionalId, 'was not fenced', errorCode);
    fenced.set(transactionalId, { producerId, producerEpoch });
  }
  return fenced;
}

function refused(transactionalId: string, what: string, errorCode: number): Error {
  return kafkaError(
    errorCode,
    `The transactional id "${transactionalId}" ${what}: ${errorMeaning(errorCode)}`,
  );
}

function stateOf(name: string): TransactionState {
  return TRANSACTION_STATES.find((state) => state === name) ?? 'Unknown';
}
