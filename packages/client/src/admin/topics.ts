// Topics: list, describe, create, delete, add partitions.
//
// A call that names several topics does what it can for each, and throws the first refusal when all are decided.
// Requests that change something are not sent twice: where the answer is lost, the error says so.

import type { KlammError } from '@klamm/base/errors';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { CreatePartitions } from '@klamm/protocol/api/37-create-partitions';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import type { TopicMetadata } from '../metadata-cache.ts';

export interface NewTopic {
  readonly name: string;
  /** Default: the broker's num.partitions. */
  readonly partitions?: number;
  /** Default: the broker's default.replication.factor. */
  readonly replicationFactor?: number;
  /** Settings by Kafka's names: `{ 'retention.ms': 60000 }`. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>;
  /** Which nodes keep each partition, the leader first; instead of the two counts. */
  readonly assignments?: Readonly<Record<number, readonly number[]>>;
}

export interface ChangeOptions {
  /** True to check and change nothing. Default false. */
  readonly validateOnly?: boolean;
  /** How long the broker may take, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

const BROKER_DEFAULT = -1;
const TIMEOUT_MS = 30_000;

export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  { validateOnly = false, timeoutMs = TIMEOUT_MS }: ChangeOptions,
): Promise<void> {
  const answer = await cluster.request(
    CreateTopics,
    {
      topics: topics.map(({ name, partitions, replicationFactor, configs = {}, assignments }) => ({
        name,
        numPartitions: assignments === undefined ? (partitions ?? BROKER_DEFAULT) : BROKER_DEFAULT,
        replicationFactor: assignments === undefined ? (replicationFactor ?? BROKER_DEFAULT) : BROKER_DEFAULT,
        assignments: Object.entries(assignments ?? {}).map(([partition, brokerIds]) => ({
          partitionIndex: Number(partition),
          brokerIds,
        })),
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) })),
      })),
      timeoutMs,
      validateOnly,
    },
    { once: true, timeoutMs: timeoutMs + cluster.settings.requestTimeoutMs },
  );
  throwFirst(
    answer.topics.map(({ name, errorCode, errorMessage }) => ({
      what: `The topic "${name}" was not created`,
      errorCode,
      errorMessage,
    })),
  );
  if (validateOnly) return;
  // Brokers learn of a topic one after the other, a busy one late; whoever uses it next should find it.
  await cluster.retry(async () => {
    const { refused } = await cluster.look({ names: topics.map(({ name }) => name) });
    for (const error of refused.values()) throw error;
  });
}

export async function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const answer = await cluster.request(
    DeleteTopics,
    { topics: names.map((name) => ({ name })), topicNames: names, timeoutMs },
    { once: true, timeoutMs: timeoutMs + cluster.settings.requestTimeoutMs },
  );
  for (const name of names) cluster.invalidate(name);
  throwFirst(
    answer.responses.map(({ name, errorCode, errorMessage }) => ({
      what: `The topic "${name}" was not deleted`,
      errorCode,
      errorMessage,
    })),
  );
}

export async function createPartitions(
  cluster: Cluster,
  topic: string,
  count: number,
  { validateOnly = false, timeoutMs = TIMEOUT_MS }: ChangeOptions,
): Promise<void> {
  const answer = await cluster.request(
    CreatePartitions,
    { topics: [{ name: topic, count, assignments: null }], timeoutMs, validateOnly },
    { once: true, timeoutMs: timeoutMs + cluster.settings.requestTimeoutMs },
  );
  throwFirst(
    answer.results.map(({ name, errorCode, errorMessage }) => ({
      what: `The topic "${name}" was not given more partitions`,
      errorCode,
      errorMessage,
    })),
  );
  cluster.invalidate(topic);
}

/** Throws UNKNOWN_TOPIC_OR_PARTITION where one of them is not there. */
export async function describeTopics(cluster: Cluster, names: readonly string[]): Promise<TopicMetadata[]> {
  const { topics } = await cluster.listTopics(names);
  return names.map((name) => {
    const topic = topics.find((found) => found.name === name);
    if (topic !== undefined) return topic;
    throw kafkaError(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      `The topic "${name}" does not exist; admin.listTopics() says which do.`,
    );
  });
}

/** Throws what the first refused one was refused with, saying how many others there are. */
export function throwFirst(
  outcomes: readonly {
    readonly what: string;
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }[],
): void {
  const refused = outcomes.filter(({ errorCode }) => errorCode !== 0);
  const first = refused[0];
  if (first !== undefined) throw refusal(first, refused.length - 1);
}

function refusal(
  of: { readonly what: string; readonly errorCode: number; readonly errorMessage: string | null },
  others: number,
): KlammError {
  const { what, errorCode, errorMessage } = of;
  const reason = errorMessage === null || errorMessage === '' ? errorMeaning(errorCode) : errorMessage;
  const more = others > 0 ? ` (and ${others} more)` : '';
  return kafkaError(errorCode, `${what}: ${reason}${more}`);
}
