// The offsets that groups committed, as the log of one coordinator partition has them.
//
// Offsets that a transaction commits wait beside the others until its marker comes (KIP-98); until then a reader that
// wants stable offsets only is told to ask again (KIP-447). Keys keep Kafka's identity: group, topic name, partition.
// `apply` is the only thing that changes anything, live and at load. org.apache.kafka.coordinator.group.OffsetMetadataManager.

import { ZERO_UUID } from '@klamm/base/random';
import type { GroupRecordOf } from '../group-record.ts';

export interface CommittedOffset {
  /** Of the next record to read. */
  readonly offset: number;
  /** -1 where it is not known. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestamp: number;
  /** When it expires, as clients before v5 could ask for; -1 for by the broker's setting. */
  readonly expireTimestamp: number;
  /** `ZERO_UUID` where it is not known. */
  readonly topicId: string;
  /** Grows with each record: tells which of two came later. */
  readonly order: number;
}

export interface OffsetEntry {
  readonly topic: string;
  readonly partition: number;
  readonly committed: CommittedOffset;
}

type Partitions = Map<number, CommittedOffset>;
type Topics = Map<string, Partitions>;
type Groups = Map<string, Topics>;
type OffsetRecord = GroupRecordOf<0> | GroupRecordOf<1>;

export class CommittedOffsets {
  readonly #groups: Groups = new Map();
  /** By producer id: what its open transaction wants to commit. */
  readonly #pending = new Map<number, Groups>();
  #order = 0;

  /** The record of an offset commit or its removal; `producerId` is -1 outside of transactions. */
  apply({ key, value }: OffsetRecord, producerId: number): void {
    const { group, topic, partition } = key;
    if (value === null) {
      remove(this.#groups, group, topic, partition);
      for (const groups of this.#pending.values()) remove(groups, group, topic, partition);
      return;
    }
    const committed: CommittedOffset = {
      offset: value.offset,
      leaderEpoch: 'leaderEpoch' in value ? value.leaderEpoch : -1,
      metadata: value.metadata,
      commitTimestamp: value.commitTimestamp,
      expireTimestamp: 'expireTimestamp' in value ? value.expireTimestamp : -1,
      topicId: 'topicId' in value ? value.topicId : ZERO_UUID,
      order: ++this.#order,
    };
    put(producerId < 0 ? this.#groups : this.#pendingOf(producerId), group, topic, partition, committed);
  }

  transactionEnded(producerId: number, isCommitted: boolean): void {
    const pending = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (pending === undefined || !isCommitted) return;
    for (const [group, topics] of pending) {
      for (const { topic, partition, committed } of entriesOf(topics)) {
        // A commit outside of the transaction that came later wins.
        const present = this.get(group, topic, partition);
        if (present !== undefined && present.order > committed.order) continue;
        put(this.#groups, group, topic, partition, committed);
      }
    }
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(group)?.get(topic)?.get(partition);
  }

  /** Every committed offset of a group. */
  of(group: string): Generator<OffsetEntry> {
    return entriesOf(this.#groups.get(group) ?? new Map());
  }

  /** Groups that have offsets, committed or pending. */
  *groups(): Generator<string> {
    yield* this.#groups.keys();
    for (const groups of this.#pending.values()) {
      for (const group of groups.keys()) if (!this.#groups.has(group)) yield group;
    }
  }

  has(group: string): boolean {
    return this.#groups.has(group) || this.hasPending(group);
  }

  /** Whether an open transaction means to commit an offset of this group. */
  hasPending(group: string): boolean {
    for (const groups of this.#pending.values()) if (groups.has(group)) return true;
    return false;
  }

  isPending(group: string, topic: string, partition: number): boolean {
    for (const groups of this.#pending.values()) {
      if (groups.get(group)?.get(topic)?.has(partition) === true) return true;
    }
    return false;
  }

  /** Every committed and pending partition of a group, for removing it. */
  *partitionsOf(group: string): Generator<{ readonly topic: string; readonly partition: number }> {
    yield* this.of(group);
    for (const groups of this.#pending.values()) {
      for (const entry of entriesOf(groups.get(group) ?? new Map())) {
        if (this.get(group, entry.topic, entry.partition) === undefined) yield entry;
      }
    }
  }

  #pendingOf(producerId: number): Groups {
    let groups = this.#pending.get(producerId);
    if (groups === undefined) {
      groups = new Map();
      this.#pending.set(producerId, groups);
    }
    return groups;
  }
}

function put(
  groups: Groups,
  group: string,
  topic: string,
  partition: number,
  committed: CommittedOffset,
): void {
  const topics = groups.get(group) ?? new Map<string, Partitions>();
  const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>();
  groups.set(group, topics);
  topics.set(topic, partitions);
  partitions.set(partition, committed);
}

function remove(groups: Groups, group: string, topic: string, partition: number): void {
  const topics = groups.get(group);
  const partitions = topics?.get(topic);
  if (topics === undefined || partitions?.delete(partition) !== true) return;
  if (partitions.size === 0) topics.delete(topic);
  if (topics.size === 0) groups.delete(group);
}

function* entriesOf(topics: Topics): Generator<OffsetEntry> {
  for (const [topic, partitions] of topics) {
    for (const [partition, committed] of partitions) yield { topic, partition, committed };
  }
}
