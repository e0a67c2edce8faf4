// The requests that are about committed offsets, of one partition of `__consumer_offsets`: what may be committed, fetched
// and removed, and what has grown too old. org.apache.kafka.coordinator.group.OffsetMetadataManager.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { GroupRecord, GroupRecordOf } from '../group-record.ts';
import type {
  CommitRequest,
  DeletedOffsets,
  GroupOffsets,
  OffsetQuery,
  OffsetTopic,
  TransactionalCommitRequest,
} from '../group-requests.ts';
import type { Group } from '../group-standing.ts';
import { answer, type Respond, reply, type Step } from '../step.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { type CommitProblem, commitOffsets, offsetTombstones, type TopicOutcome } from './offset-commit.ts';
import { isOffsetExpired } from './offset-expiration.ts';
import { fetchOffsets } from './offset-fetch.ts';

export interface OffsetShardOptions {
  readonly offsetMetadataBytesMax: number;
  readonly offsetsRetentionMs: number;
}

/** From this version of OffsetCommit on a group that is not there has an error of its own. */
const NOT_FOUND_SINCE = 9;

export class OffsetShard {
  readonly #options: OffsetShardOptions;
  readonly #offsets = new CommittedOffsets();

  constructor(options: OffsetShardOptions) {
    this.#options = options;
  }

  replay(record: GroupRecordOf<0> | GroupRecordOf<1>, producerId: number): void {
    this.#offsets.apply(record, producerId);
  }

  transactionEnded(producerId: number, isCommitted: boolean): void {
    this.#offsets.transactionEnded(producerId, isCommitted);
  }

  /** `group` is undefined where there is none: who is no member may commit for it. */
  commit(
    request: CommitRequest,
    group: Group | undefined,
    respond: Respond<TopicOutcome[]>,
    now: number,
  ): Step {
    const committed = this.#committed(request, this.#commitProblems(request, group, false), now);
    return this.#applied(committed.records, [reply(respond, committed.topics)]);
  }

  /** As `commit`; what it writes counts when the producer's transaction commits. */
  commitInTransaction(
    request: TransactionalCommitRequest,
    group: Group | undefined,
    respond: Respond<TopicOutcome[]>,
    now: number,
  ): Step {
    const { producer } = request;
    const problem = request.problem();
    const problemOf = problem === ErrorCode.NONE ? this.#commitProblems(request, group, true) : () => problem;
    const { records, topics } = this.#committed(request, problemOf, now);
    for (const record of records) if (record.type === 1) this.#offsets.apply(record, producer.producerId);
    return { records, replies: [reply(respond, topics)], producer };
  }

  #committed({ groupId, topics, retentionTimeMs }: CommitRequest, problemOf: CommitProblem, now: number) {
    const limit = this.#options.offsetMetadataBytesMax;
    return commitOffsets(groupId, topics, { now, retentionTimeMs }, limit, problemOf);
  }

  fetch(query: OffsetQuery, group: Group | undefined, respond: Respond<GroupOffsets>): Step {
    const { groupId, memberId, memberEpoch, topics, requireStable } = query;
    const errorCode = group?.standing.fetchProblem(memberId, memberEpoch) ?? ErrorCode.NONE;
    if (errorCode !== ErrorCode.NONE) return answer(respond, { groupId, errorCode, topics: [] });
    const found = fetchOffsets(this.#offsets, groupId, topics, requireStable);
    return answer(respond, { groupId, errorCode: ErrorCode.NONE, topics: found });
  }

  delete(
    groupId: string,
    topics: readonly OffsetTopic[],
    group: Group | undefined,
    respond: Respond<DeletedOffsets>,
  ): Step {
    if (group === undefined) return answer(respond, { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] });
    const { standing } = group;
    if (!standing.isEmpty && !standing.isOfConsumers) {
      return answer(respond, { errorCode: ErrorCode.NON_EMPTY_GROUP, topics: [] });
    }
    const records: GroupRecord[] = [];
    const outcomes = topics.map(({ name, partitions }) => {
      const errorCode = standing.isSubscribedTo(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
      for (const { partitionIndex } of errorCode === ErrorCode.NONE ? partitions : []) {
        const isPending = this.#offsets.isPending(groupId, name, partitionIndex);
        if (!isPending && this.#offsets.get(groupId, name, partitionIndex) === undefined) continue;
        records.push(...offsetTombstones(groupId, [{ topic: name, partition: partitionIndex }]));
      }
      return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
    });
    return this.#applied(records, [reply(respond, { errorCode: ErrorCode.NONE, topics: outcomes })]);
  }

  /** What removes all offsets of a topic. */
  ofTopic(topic: string): GroupRecord[] {
    const records: GroupRecord[] = [];
    for (const groupId of this.#offsets.groups()) {
      const gone = [...this.#offsets.partitionsOf(groupId)].filter((entry) => entry.topic === topic);
      records.push(...offsetTombstones(groupId, gone));
    }
    return records;
  }

  /** Removes offsets of a group that are too old; with the group, where it is left with nothing. */
  expire(groupId: string, group: Group, now: number): GroupRecord[] {
    const { offsetsRetentionMs } = this.#options;
    let kept = 0;
    const old: { topic: string; partition: number }[] = [];
    for (const { topic, partition, committed } of this.#offsets.of(groupId)) {
      const age = group.standing.ageOfOffsets(topic);
      const isOld =
        isOffsetExpired(committed, age, offsetsRetentionMs, now) &&
        !this.#offsets.isPending(groupId, topic, partition);
      if (isOld) old.push({ topic, partition });
      else kept++;
    }
    const isLeftWithNothing = kept === 0 && group.standing.isEmpty && !this.#offsets.hasPending(groupId);
    return isLeftWithNothing ? this.tombstones(groupId, group) : offsetTombstones(groupId, old);
  }

  /** All records that delete a group and its offsets. */
  tombstones(groupId: string, group: Group): GroupRecord[] {
    return [
      ...offsetTombstones(groupId, this.#offsets.partitionsOf(groupId)),
      ...group.standing.tombstones(),
    ];
  }

  #applied(records: readonly GroupRecord[], replies: Step['replies']): Step {
    for (const record of records) if (record.type === 1) this.#offsets.apply(record, -1);
    return { records, replies };
  }

  /** Whether the one who commits may commit a partition. */
  #commitProblems(request: CommitRequest, group: Group | undefined, isTransactional: boolean): CommitProblem {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation, apiVersion } = request;
    if (group !== undefined) {
      const who = { memberId, groupInstanceId, generation, apiVersion, isTransactional };
      return (topicId, partition) => {
        const problem = group.standing.commitProblem(who, topicId, partition);
        // Producers know of generations only.
        const isStale = isTransactional && problem === ErrorCode.STALE_MEMBER_EPOCH;
        return isStale ? ErrorCode.ILLEGAL_GENERATION : problem;
      };
    }
    if (generation < 0) return () => ErrorCode.NONE;
    const missing =
      apiVersion >= NOT_FOUND_SINCE && !isTransactional
        ? ErrorCode.GROUP_ID_NOT_FOUND
        : ErrorCode.ILLEGAL_GENERATION;
    return () => missing;
  }
}
