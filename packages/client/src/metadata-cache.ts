// What brokers have said of the cluster: who they are, and who leads which partition.
//
// Knowledge only grows newer: of two answers about a partition the one with the higher leader epoch is kept, whichever
// came last, as a broker that is cut off from its controller goes on telling what it knew (KIP-320). A refusal that names
// the new leader is as good as an answer (KIP-951). It must not know of connections, nor of time but as it is told.
// Kafka: Metadata, MetadataSnapshot.

import { ZERO_UUID } from '@klamm/base/random';
import type { Metadata } from '@klamm/protocol/api/03-metadata';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { BrokerAddress } from './network/address.ts';

export interface PartitionMetadata {
  readonly index: number;
  /** Node id of the leader; -1 where there is none at the moment. */
  readonly leader: number;
  /** -1 where the broker is older than leader epochs. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export interface TopicMetadata {
  readonly name: string;
  /** `ZERO_UUID` where the broker is older than topic ids. */
  readonly id: string;
  readonly isInternal: boolean;
  /** In order of their index. */
  readonly partitions: readonly PartitionMetadata[];
}

/** Who leads a partition, as the node `from` said when it refused a request. */
export interface LeaderHint {
  readonly from: number;
  readonly topic: string;
  readonly partition: number;
  readonly leader: { readonly leaderId: number; readonly leaderEpoch: number };
  readonly endpoints: readonly (BrokerAddress & { readonly nodeId: number })[];
}

export type MetadataAnswer = Decoded<(typeof Metadata)['response']['fields']>;

interface Known {
  readonly topic: TopicMetadata;
  readonly at: number;
  isStale: boolean;
}

export class MetadataCache {
  readonly #brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, Known>();

  get brokers(): readonly BrokerAddress[] {
    return [...this.#brokers.values()];
  }

  addressOf(nodeId: number): BrokerAddress | undefined {
    return this.#brokers.get(nodeId);
  }

  forgetBrokers(): void {
    this.#brokers.clear();
  }

  /** What was learned of a topic last, however long ago. */
  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name)?.topic;
  }

  /** The same; undefined where it was learned before `oldest`, or has proved wrong since. */
  fresh(name: string, oldest: number): TopicMetadata | undefined {
    const known = this.#topics.get(name);
    return known === undefined || known.isStale || known.at < oldest ? undefined : known.topic;
  }

  /** Says that what is known of a topic proved wrong. */
  invalidate(name: string): void {
    const known = this.#topics.get(name);
    if (known !== undefined) known.isStale = true;
  }

  /** Takes in an answer. False where it says of a topic that proved wrong nothing but what was known. */
  learn(answer: MetadataAnswer, at: number): boolean {
    let isNews = true;
    const kept = new Set<number>();
    for (const topic of answer.topics) {
      const { name } = topic;
      if (name === null) continue;
      if (topic.errorCode !== 0) {
        this.#topics.delete(name);
        continue;
      }
      const before = this.#topics.get(name);
      const merged = merge(before?.topic, toTopic(topic), kept);
      if (before?.isStale === true && isSame(before.topic, merged)) isNews = false;
      this.#topics.set(name, { topic: merged, at, isStale: false });
    }
    this.#learnBrokers(answer, kept);
    return isNews;
  }

  /** The leader after a refusal that named one; undefined where nothing is known but who refused. */
  learnLeader({ from, topic: name, partition, leader, endpoints }: LeaderHint): number | undefined {
    const { leaderId, leaderEpoch } = leader;
    const known = this.#topics.get(name);
    const before = known?.topic.partitions.find(({ index }) => index === partition);
    if (known === undefined || before === undefined || leaderId < 0 || leaderId === from) return undefined;
    if (before.leaderEpoch >= leaderEpoch) {
      return before.leader < 0 || before.leader === from ? undefined : before.leader;
    }
    const endpoint = endpoints.find(({ nodeId }) => nodeId === leaderId);
    if (endpoint !== undefined) this.#setBroker(endpoint);
    else if (!this.#brokers.has(leaderId)) return undefined;
    const partitions = known.topic.partitions.map((each) =>
      each === before ? { ...each, leader: leaderId, leaderEpoch } : each,
    );
    this.#topics.set(name, { ...known, topic: { ...known.topic, partitions } });
    return leaderId;
  }

  /** @param kept leaders that a newer answer named */
  #learnBrokers(answer: MetadataAnswer, kept: ReadonlySet<number>): void {
    const named = new Set(answer.brokers.map(({ nodeId }) => nodeId));
    for (const broker of answer.brokers) this.#setBroker(broker);
    for (const nodeId of this.#brokers.keys()) {
      if (!named.has(nodeId) && !kept.has(nodeId)) this.#brokers.delete(nodeId);
    }
  }

  #setBroker({ nodeId, host, port }: BrokerAddress & { readonly nodeId: number }): void {
    const known = this.#brokers.get(nodeId);
    if (known?.host !== host || known.port !== port) this.#brokers.set(nodeId, { host, port });
  }
}

/** @param kept takes in the leaders that the answer does not know of yet */
function merge(before: TopicMetadata | undefined, topic: TopicMetadata, kept: Set<number>): TopicMetadata {
  if (before === undefined || before.id !== topic.id) return topic;
  const partitions = topic.partitions.map((partition) => {
    const known = before.partitions.find(({ index }) => index === partition.index);
    const isNewer = known === undefined || partition.leaderEpoch < 0;
    if (isNewer || partition.leaderEpoch >= known.leaderEpoch) return partition;
    kept.add(known.leader);
    return known;
  });
  return { ...topic, partitions };
}

function isSame(one: TopicMetadata, other: TopicMetadata): boolean {
  return (
    one.id === other.id &&
    one.partitions.length === other.partitions.length &&
    one.partitions.every(({ leader, leaderEpoch }, at) => {
      const partition = other.partitions[at];
      return partition?.leader === leader && partition.leaderEpoch === leaderEpoch;
    })
  );
}

export function toTopic(topic: MetadataAnswer['topics'][number]): TopicMetadata {
  const partitions = topic.partitions
    .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes }) => ({
      index: partitionIndex,
      leader: leaderId,
      leaderEpoch,
      replicas: replicaNodes,
      isr: isrNodes,
    }))
    .sort((a, b) => a.index - b.index);
  const { name, topicId = ZERO_UUID, isInternal } = topic;
  return { name: name ?? '', id: topicId, isInternal, partitions };
}
