// Offsets of partitions, and the deletion of records up to one. Both are asked of each partition's leader; where that
// has moved, the new one is looked for.

import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import { offsetError, resolveOffsets } from '../consumer/offsets.ts';
import { checkPosition, type StartPosition } from '../consumer/options.ts';
import type { TopicMetadata } from '../metadata-cache.ts';

const PURPOSE = 'control';
const END = -1;
const TIMEOUT_MS = 30_000;

/** The offset of a position in each partition: all of the topic's, or the given ones. */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  position: StartPosition,
  options: { readonly partitions?: readonly number[]; readonly readCommitted?: boolean },
): Promise<Map<number, number>> {
  checkPosition(position);
  return eachLeader(cluster, topic, options.partitions, async (nodeId, indexes) => {
    const connection = await cluster.connect(nodeId, PURPOSE);
    const found = await resolveOffsets(
      connection,
      { topic, readCommitted: options.readCommitted ?? false },
      indexes.map((index) => ({ index, start: position })),
    );
    return indexes.map((index): [number, number] => {
      const { errorCode, offset } = found.get(index) ?? {
        errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
        offset: -1,
      };
      if (errorCode !== 0) throw offsetError(topic, index, errorCode);
      return [index, offset];
    });
  });
}

/** Deletes what is before the given offsets; resolves with the partitions' first offsets. */
export async function deleteRecords(
  cluster: Cluster,
  topic: string,
  before: Readonly<Record<number, number | 'latest'>>,
): Promise<Map<number, number>> {
  return eachLeader(cluster, topic, Object.keys(before).map(Number), async (nodeId, indexes) => {
    const partitions = indexes.map((index) => {
      const offset = before[index];
      return { partitionIndex: index, offset: offset === 'latest' || offset === undefined ? END : offset };
    });
    const body = { topics: [{ name: topic, partitions }], timeoutMs: TIMEOUT_MS };
    const answer = await cluster.request(DeleteRecords, body, { nodeId });
    return (answer.topics[0]?.partitions ?? []).map(
      ({ partitionIndex, errorCode, lowWatermark }): [number, number] => {
        if (errorCode === 0) return [partitionIndex, lowWatermark];
        throw kafkaError(
          errorCode,
          `Records of ${topic}-${partitionIndex} before ${before[partitionIndex]} were not deleted: ${errorMeaning(errorCode)}`,
        );
      },
    );
  });
}

/** Asks the leader of each partition, all at once, and again where one has moved. */
async function eachLeader(
  cluster: Cluster,
  name: string,
  partitions: readonly number[] | undefined,
  ask: (nodeId: number, indexes: number[]) => Promise<[number, number][]>,
): Promise<Map<number, number>> {
  return cluster.retry(async () => {
    const topic = await cluster.topic(name, false);
    try {
      const answers = await Promise.all(
        Array.from(byLeader(topic, partitions), ([nodeId, indexes]) => ask(nodeId, indexes)),
      );
      return new Map(answers.flat().sort(([a], [b]) => a - b));
    } catch (cause) {
      cluster.invalidate(name);
      throw cause;
    }
  });
}

function byLeader(topic: TopicMetadata, partitions: readonly number[] | undefined): Map<number, number[]> {
  const wanted = partitions ?? topic.partitions.map(({ index }) => index);
  const leaders = new Map<number, number[]>();
  for (const wantedIndex of wanted) {
    const found = topic.partitions.find(({ index }) => index === wantedIndex);
    if (found === undefined) {
      throw kafkaError(
        ErrorCode.INVALID_PARTITIONS,
        `The topic "${topic.name}" has no partition ${wantedIndex}; it has ${topic.partitions.length}.`,
      );
    }
    if (found.leader < 0) {
      throw kafkaError(
        ErrorCode.LEADER_NOT_AVAILABLE,
        `${topic.name}-${wantedIndex} has no leader at the moment; is a broker down?`,
      );
    }
    const indexes = leaders.get(found.leader);
    if (indexes === undefined) leaders.set(found.leader, [wantedIndex]);
    else indexes.push(wantedIndex);
  }
  return leaders;
}
