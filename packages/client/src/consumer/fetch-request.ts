// One Fetch request for partitions of any topics of one leader, and its answers, each with its partition.

import { ZERO_UUID } from '@klamm/base/random';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { kafkaError } from '@klamm/protocol/error-codes';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { LeaderHint } from '../metadata-cache.ts';
import type { Connection } from '../network/connection.ts';
import type { FetchSettings } from './options.ts';
import type { PartitionState } from './partition-state.ts';

type Answer = Decoded<(typeof Fetch)['response']['fields']>;
export type PartitionAnswer = Answer['responses'][number]['partitions'][number];

export interface Fetched {
  readonly partition: PartitionState;
  readonly answer: PartitionAnswer;
  /** Who leads the partition instead, where it was refused for that (KIP-951). */
  readonly hint: LeaderHint;
}

const LAST_NAMED_VERSION = 12;
const NO_SESSION_EPOCH = -1;

/**
 * Fetches from the node `from` without a session. Answers of partitions that have moved on to another generation meanwhile are left out.
 *
 * @throws KlammError what the broker refused the whole request with, or NETWORK_EXCEPTION
 */
export async function fetchPartitions(
  { connection, from }: { readonly connection: Connection; readonly from: number },
  settings: FetchSettings,
  partitions: readonly PartitionState[],
  requestTimeoutMs: number,
): Promise<Fetched[]> {
  const { readCommitted, minBytes, maxBytes, maxWaitMs, toEnd } = settings;
  // Whoever reads to the end learns where that is before anything is waited for.
  const isHurried = toEnd && partitions.some(({ endOffset }) => endOffset < 0);
  const generations = partitions.map(({ generation }) => generation);
  const topics = byTopic(partitions);
  const isNamed = partitions.some(({ topicId }) => topicId === ZERO_UUID);
  const answer = await connection.request(
    Fetch,
    {
      maxWaitMs: isHurried ? 0 : maxWaitMs,
      minBytes,
      maxBytes,
      isolationLevel: readCommitted ? 1 : 0,
      sessionEpoch: NO_SESSION_EPOCH,
      topics: topics.map(({ topic, topicId, members }) => ({
        topic,
        topicId,
        partitions: members.map(({ index, fetchOffset, maxBytes: partitionMaxBytes }) => ({
          partition: index,
          fetchOffset,
          partitionMaxBytes,
        })),
      })),
    },
    {
      timeoutMs: requestTimeoutMs + maxWaitMs,
      heldMs: maxWaitMs,
      ...(isNamed ? { versionMax: LAST_NAMED_VERSION } : {}),
    },
  );
  if (answer.errorCode !== 0) throw kafkaError(answer.errorCode);
  const isCurrent = new Map(partitions.map((partition, i) => [partition, generations[i]]));
  const endpoints = answer.nodeEndpoints;
  return answer.responses.flatMap(({ topic, topicId, partitions: answers }) => {
    // The topic's id as it was when it was asked for; before v13 there is only the name.
    const asked = topics.find((each) => (topic === '' ? each.topicId === topicId : each.topic === topic));
    return answers.flatMap((found): Fetched[] => {
      const partition = asked?.members.find(({ index }) => index === found.partitionIndex);
      if (partition === undefined || isCurrent.get(partition) !== partition.generation) return [];
      const { topic, index } = partition;
      const hint = { from, topic, partition: index, leader: found.currentLeader, endpoints };
      return [{ partition, answer: found, hint }];
    });
  });
}

interface TopicGroup {
  readonly topic: string;
  readonly topicId: string;
  readonly members: PartitionState[];
}

function byTopic(partitions: readonly PartitionState[]): TopicGroup[] {
  const groups = new Map<string, TopicGroup>();
  for (const partition of partitions) {
    const { topic, topicId } = partition;
    const group = groups.get(topic);
    if (group === undefined) groups.set(topic, { topic, topicId, members: [partition] });
    else group.members.push(partition);
  }
  return [...groups.values()];
}
