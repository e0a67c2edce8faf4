// Asks the group's coordinator for committed offsets, and has it keep new ones.
//
// An offset that an open transaction may still change is waited for, or left out where others must not wait with it. A
// commit that a rebalance got in the way of is sent again with the generation of then, as long as the partition is this
// member's; one of a member that the group no longer knows is refused for good, and so is one of no member at all, which
// an empty group would take. KIP-447, KIP-848; Kafka: ConsumerCoordinator, CommitRequestManager.

import { sleep } from '@klamm/base/clock';
import type { KlammError } from '@klamm/base/errors';
import { ZERO_UUID } from '@klamm/base/random';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { backOffMs } from '../network/back-off.ts';
import type { Membership } from './membership/membership.ts';

/** An offset to commit: of the next record to read. */
export interface OffsetToCommit extends TopicPartition {
  readonly offset: number;
  /** A note of the program's own. Default empty. */
  readonly metadata?: string;
}

export interface CommittedOffset extends TopicPartition {
  /** Of the next record to read; -1 where none was committed. */
  readonly offset: number;
  readonly metadata: string;
}

/** Refusals that another attempt, with the generation of then, may overcome. */
const REBALANCING: ReadonlySet<number> = new Set([
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
]);
/** Refusals of a topic that brokers do not know yet, or any more. */
const UNKNOWN_TOPIC: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
]);
/** So often is a commit for such a topic sent: a rebalance may be waiting for it. */
const UNKNOWN_TOPIC_ATTEMPTS = 5;
/** The last version that names topics instead of giving their ids. */
const LAST_NAMED_VERSION = 9;

type Identity = Pick<Membership, 'memberId' | 'generation' | 'instanceId'>;

interface FetchedOffset {
  readonly offset: number;
  readonly metadata: string;
  readonly errorCode: number;
}
const UNANSWERED: FetchedOffset = {
  offset: -1,
  metadata: '',
  errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
};

export class OffsetRequests {
  readonly #cluster: Cluster;
  readonly #groupId: string;
  readonly #membership: Membership;
  readonly #ends: { readonly fetching: AbortSignal; readonly committing: AbortSignal };

  /** @param ends aborted when offsets are no longer waited for; the last commits outlive the last fetches */
  constructor(
    cluster: Cluster,
    groupId: string,
    membership: Membership,
    ends: { readonly fetching: AbortSignal; readonly committing: AbortSignal },
  ) {
    this.#cluster = cluster;
    this.#groupId = groupId;
    this.#membership = membership;
    this.#ends = ends;
  }

  /**
   * The committed offset of each partition. Throws KlammError, a final one where asking again is of no use.
   *
   * @param unstable what becomes of partitions whose offset an open transaction may change: waited for as long as
   * retryTimeoutMs (default), or left out
   */
  async fetch(
    partitions: readonly TopicPartition[],
    unstable: 'wait' | 'leave out' = 'wait',
  ): Promise<CommittedOffset[]> {
    const found = new Map<TopicPartition, CommittedOffset>();
    let missing = partitions;
    await this.#retry(this.#ends.fetching, async () => {
      if (missing.length === 0) return undefined;
      const again: TopicPartition[] = [];
      let code: number | undefined;
      for (const [partition, answer] of await this.#fetchOnce(missing)) {
        const { errorCode, offset, metadata } = answer;
        if (errorCode === 0) found.set(partition, { ...partition, offset, metadata });
        else if (!isRetriable(errorCode)) throw this.#refused('cannot be fetched', partition, errorCode);
        else if (errorCode !== ErrorCode.UNSTABLE_OFFSET_COMMIT || unstable === 'wait') {
          // By its name next time: what is known of the topic is of an earlier one.
          if (UNKNOWN_TOPIC.has(errorCode)) this.#cluster.invalidate(partition.topic);
          again.push(partition);
          code = errorCode;
        }
      }
      missing = again;
      return code;
    });
    return partitions.flatMap((partition) => found.get(partition) ?? []);
  }

  /**
   * Commits. Throws KlammError for the first partition that was refused, when all are decided.
   *
   * @param isHeld whether a partition is still this member's; of others a refusal is not fought
   */
  async commit(
    offsets: readonly OffsetToCommit[],
    isHeld: (partition: TopicPartition) => boolean,
  ): Promise<void> {
    let left = offsets;
    let refused: KlammError | undefined;
    let lastGeneration = Number.NaN;
    await this.#retry(this.#ends.committing, async (attempts) => {
      if (left.length === 0) return undefined;
      const identity = this.#identity();
      const { generation } = identity;
      const again: OffsetToCommit[] = [];
      let code: number | undefined;
      for (const [offset, errorCode] of await this.#commitOnce(left, identity)) {
        if (errorCode === 0) continue;
        let isWorthIt = isRetriable(errorCode);
        if (UNKNOWN_TOPIC.has(errorCode)) isWorthIt = attempts < UNKNOWN_TOPIC_ATTEMPTS;
        // An illegal generation twice: it is not that this member was about to learn of a new one.
        if (REBALANCING.has(errorCode)) {
          isWorthIt =
            isHeld(offset) && (errorCode !== ErrorCode.ILLEGAL_GENERATION || generation !== lastGeneration);
        }
        if (isWorthIt) {
          again.push(offset);
          code = errorCode;
        } else refused ??= this.#refused('cannot be committed', offset, errorCode);
      }
      lastGeneration = generation;
      left = again;
      return code;
    });
    if (refused !== undefined) throw refused;
  }

  async #fetchOnce(partitions: readonly TopicPartition[]): Promise<[TopicPartition, FetchedOffset][]> {
    const { topics, isNamed, nameOf } = await this.#byTopic(partitions);
    const asked = topics.map(({ name, topicId, members }) => ({
      name,
      topicId,
      partitionIndexes: members.map(({ partition }) => partition),
    }));
    const answer = await this.#membership.request(
      OffsetFetch,
      {
        groupId: this.#groupId,
        topics: asked,
        groups: [{ groupId: this.#groupId, memberId: null, memberEpoch: -1, topics: asked }],
        requireStable: true,
      },
      isNamed ? { versionMax: LAST_NAMED_VERSION } : {},
    );
    const [group] = answer.groups;
    const errorCode = group?.errorCode ?? answer.errorCode;
    if (errorCode !== 0) {
      throw kafkaError(
        errorCode,
        `The offsets of the group "${this.#groupId}" cannot be fetched: ${errorMeaning(errorCode)}`,
      );
    }
    const answers = new Map<string, FetchedOffset>();
    for (const topic of group?.topics ?? answer.topics) {
      for (const { partitionIndex: partition, committedOffset: offset, ...rest } of topic.partitions) {
        const { errorCode, metadata } = rest;
        answers.set(partitionText({ topic: nameOf(topic), partition }), {
          offset,
          metadata: metadata ?? '',
          errorCode,
        });
      }
    }
    return partitions.map((partition) => [partition, answers.get(partitionText(partition)) ?? UNANSWERED]);
  }

  /** Who commits. Throws where that is no member, or one that has yet to let go of what it lost. */
  #identity(): Identity {
    const { memberId, generation, instanceId, isLosing } = this.#membership;
    // It may be a member again already, but what it holds is of the time before.
    if (memberId === '' || isLosing) throw this.#noMember();
    return { memberId, generation, instanceId };
  }

  async #commitOnce(
    offsets: readonly OffsetToCommit[],
    { memberId, generation, instanceId }: Identity,
  ): Promise<[OffsetToCommit, number][]> {
    const { topics, isNamed, nameOf } = await this.#byTopic(offsets);
    const answer = await this.#membership.request(
      OffsetCommit,
      {
        groupId: this.#groupId,
        generationIdOrMemberEpoch: generation,
        memberId,
        groupInstanceId: instanceId,
        topics: topics.map(({ name, topicId, members }) => ({
          name,
          topicId,
          partitions: members.map(({ partition, offset, metadata = '' }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: metadata,
          })),
        })),
      },
      isNamed ? { versionMax: LAST_NAMED_VERSION } : {},
    );
    const codes = new Map<string, number>();
    for (const topic of answer.topics) {
      for (const { partitionIndex: partition, errorCode } of topic.partitions) {
        codes.set(partitionText({ topic: nameOf(topic), partition }), errorCode);
      }
    }
    return offsets.map((offset) => [
      offset,
      codes.get(partitionText(offset)) ?? ErrorCode.UNKNOWN_SERVER_ERROR,
    ]);
  }

  /** Partitions by topic, with the topics' ids where all are known. */
  async #byTopic<P extends TopicPartition>(partitions: readonly P[]) {
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    const ids = await Promise.all(names.map((name) => this.#idOf(name)));
    const topics = names.map((name, i) => ({
      name,
      topicId: ids[i] ?? ZERO_UUID,
      members: partitions.filter(({ topic }) => topic === name),
    }));
    const nameOf = (answered: { readonly name: string; readonly topicId?: string }): string =>
      answered.name || (topics.find(({ topicId }) => topicId === answered.topicId)?.name ?? '');
    return { topics, nameOf, isNamed: topics.some(({ topicId }) => topicId === ZERO_UUID) };
  }

  /** Without the id the topic is named; a topic that is gone is told by the answer. */
  async #idOf(topic: string): Promise<string> {
    const known = this.#cluster.known(topic);
    return known === undefined ? ZERO_UUID : known.id;
  }

  /** Calls `attempt` until it gives no error code to try again for, or retryTimeoutMs is over. */
  async #retry(end: AbortSignal, attempt: (attempts: number) => Promise<number | undefined>): Promise<void> {
    const { clock, backOff, random, retryTimeoutMs } = this.#cluster.settings;
    const deadline = clock.monotonic() + retryTimeoutMs;
    for (let failures = 1; ; failures++) {
      const errorCode = await attempt(failures);
      if (errorCode === undefined) return;
      const wait = backOffMs(backOff, failures, random);
      if (clock.monotonic() + wait > deadline) {
        throw kafkaError(
          errorCode,
          `The offsets of the group "${this.#groupId}" were still refused after ${retryTimeoutMs} ms: ${errorMeaning(errorCode)}`,
        );
      }
      await sleep(clock, wait, end);
    }
  }

  #noMember(): KlammError {
    return kafkaError(
      ErrorCode.UNKNOWN_MEMBER_ID,
      `No offset can be committed: this consumer is no member of the group "${this.#groupId}" at the moment.`,
    );
  }

  #refused(what: string, partition: TopicPartition, errorCode: number): KlammError {
    return kafkaError(
      errorCode,
      `The offset of ${partitionText(partition)} in the group "${this.#groupId}" ${what}: ${errorMeaning(errorCode)}`,
    );
  }
}
