// Asks for many things at once, each where it is known: transactional ids and groups at their coordinators, partitions at
// their leaders. What has moved meanwhile, or is busy, is asked for again, and nothing else is.
//
// It must not know what is asked. Kafka: AdminApiDriver, CoordinatorStrategy, PartitionLeaderStrategy.

import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ErrorCode, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import { groupByTopic, partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';

/** FindCoordinator's numbers. */
const GROUP = 0;
const TRANSACTION = 1;
/** So many partitions are asked for in one request, as Java's tools do. */
const BATCH = 500;

interface Answer {
  readonly errorCode: number;
}

/** What was asked for by name, and what was answered. */
type Answers<A extends Answer> = readonly (readonly [name: string, answer: A])[];

interface Questions<A extends Answer> {
  /** The names by the node that is asked for them; throws a retriable error where that is not known at the moment. */
  readonly route: (names: readonly string[]) => Promise<ReadonlyMap<number, readonly string[]>>;
  readonly ask: (nodeId: number, names: readonly string[]) => Promise<Answers<A>>;
  /** Called with what is asked for again. */
  readonly onMoved?: (names: readonly string[]) => void;
  readonly errorOf: (name: string, errorCode: number) => Error;
}

/** The answers by name. An error that another attempt may overcome is thrown when retryTimeoutMs is over. */
async function askEach<A extends Answer>(
  cluster: Cluster,
  names: readonly string[],
  { route, ask, onMoved, errorOf }: Questions<A>,
): Promise<Map<string, A>> {
  const settled = new Map<string, A>();
  let open = [...new Set(names)];
  await cluster.retry(async () => {
    const refused: Error[] = [];
    const askNode = async (nodeId: number, asked: readonly string[]): Promise<void> => {
      for (const [name, answer] of await ask(nodeId, asked)) {
        if (isRetriable(answer.errorCode)) refused.push(errorOf(name, answer.errorCode));
        else settled.set(name, answer);
      }
    };
    try {
      await Promise.all(Array.from(await route(open), ([nodeId, asked]) => askNode(nodeId, asked)));
    } finally {
      open = open.filter((name) => !settled.has(name));
      onMoved?.(open);
    }
    if (open[0] !== undefined) throw refused[0] ?? errorOf(open[0], ErrorCode.UNKNOWN_SERVER_ERROR);
  });
  return settled;
}

/** Asks the coordinator of each transactional id. */
export const askCoordinators = <A extends Answer>(...asked: Asked<A>): Promise<Map<string, A>> =>
  askThoseOf(TRANSACTION, ...asked);

/** Asks the coordinator of each group. */
export const askGroupCoordinators = <A extends Answer>(...asked: Asked<A>): Promise<Map<string, A>> =>
  askThoseOf(GROUP, ...asked);

type Asked<A extends Answer> = [
  cluster: Cluster,
  ids: readonly string[],
  ask: (nodeId: number, ids: readonly string[]) => Promise<Answers<A>>,
  errorOf: (id: string, errorCode: number) => Error,
];

async function askThoseOf<A extends Answer>(
  keyType: number,
  ...[cluster, all, ask, errorOf]: Asked<A>
): Promise<Map<string, A>> {
  return askEach(cluster, all, {
    route: async (ids) => {
      const found = await Promise.all(ids.map((id) => coordinatorOf(cluster, keyType, id, errorOf)));
      // Their addresses come with the metadata.
      if (found.some(({ nodeId }) => cluster.addressOf(nodeId) === undefined)) await cluster.listTopics([]);
      return grouped(found);
    },
    ask,
    errorOf,
  });
}

async function coordinatorOf(
  cluster: Cluster,
  keyType: number,
  id: string,
  errorOf: (id: string, errorCode: number) => Error,
): Promise<{ name: string; nodeId: number }> {
  const body = { key: id, keyType, coordinatorKeys: [id] };
  const answer = await cluster.request(FindCoordinator, body, { retry: false });
  const { nodeId, errorCode } = answer.coordinators[0] ?? answer;
  if (errorCode !== 0) throw errorOf(id, errorCode);
  return { name: id, nodeId };
}

/** Asks the leader of each partition; the answers by the partition's text. */
export async function askLeaders<A extends Answer & TopicPartition>(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  ask: (nodeId: number, topics: ReturnType<typeof groupByTopic>) => Promise<readonly A[]>,
  errorOf: (partition: string, errorCode: number) => Error,
): Promise<Map<string, A>> {
  const places = new Map(partitions.map((place) => [partitionText(place), place]));
  const placesOf = (names: readonly string[]): TopicPartition[] =>
    names.flatMap((name) => places.get(name) ?? []);
  return askEach(cluster, [...places.keys()], {
    route: async (names) => {
      const leaders = await Promise.all(placesOf(names).map((place) => leaderOf(cluster, place)));
      return grouped(leaders);
    },
    ask: async (nodeId, names) => {
      const answers: A[] = [];
      for (let at = 0; at < names.length; at += BATCH) {
        answers.push(...(await ask(nodeId, groupByTopic(placesOf(names.slice(at, at + BATCH))))));
      }
      return answers.map((answer) => [partitionText(answer), answer]);
    },
    onMoved: (names) => {
      for (const { topic } of placesOf(names)) cluster.invalidate(topic);
    },
    errorOf,
  });
}

async function leaderOf(
  cluster: Cluster,
  { topic: topicName, partition }: TopicPartition,
): Promise<{ name: string; nodeId: number }> {
  const name = partitionText({ topic: topicName, partition });
  const { partitions } = await cluster.topic(topicName, false);
  const found = partitions.find(({ index }) => index === partition);
  if (found === undefined) {
    throw kafkaError(
      ErrorCode.INVALID_PARTITIONS,
      `The topic "${topicName}" has no partition ${partition}; it has ${partitions.length}.`,
    );
  }
  if (found.leader >= 0) return { name, nodeId: found.leader };
  throw kafkaError(ErrorCode.LEADER_NOT_AVAILABLE, `${name} has no leader at the moment; is a broker down?`);
}

function grouped(
  found: readonly { readonly name: string; readonly nodeId: number }[],
): Map<number, string[]> {
  const byNode = new Map<number, string[]>();
  for (const { name, nodeId } of found) {
    const others = byNode.get(nodeId);
    if (others === undefined) byNode.set(nodeId, [name]);
    else others.push(name);
  }
  return byNode;
}
