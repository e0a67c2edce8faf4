// The groups and committed offsets of one partition of `__consumer_offsets`, behind one door.
//
// Finds the group a request is for, by the rules of what may make one, and hands the request to its machine. Groups of
// both protocols share one name space with offsets that belong to no members at all (simple groups). Synchronous, as
// the machines are. org.apache.kafka.coordinator.group.GroupCoordinatorShard.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { ClassicGroup, type ClassicGroupOptions, type Joiner } from './classic/classic-group.ts';
import type { JoinRequest, JoinResponse, SyncResponse } from './classic/classic-member.ts';
import { NO_BYTES } from './classic/classic-member.ts';
import type { SyncRequest } from './classic/classic-standing.ts';
import { describeConsumerGroup } from './consumer/consumer-description.ts';
import { ConsumerGroup, type HeartbeatCaller } from './consumer/consumer-group.ts';
import type { ConsumerGroupOptions } from './consumer/consumer-options.ts';
import { upgradeRecords } from './consumer/group-upgrade.ts';
import type {
  HeartbeatRequest as ConsumerHeartbeatRequest,
  HeartbeatResponse as ConsumerHeartbeatResponse,
} from './consumer/heartbeat-check.ts';
import { Deadlines } from './deadlines.ts';
import { decodeGroupRecord, type GroupRecord } from './group-record.ts';
import type {
  CommitRequest,
  DeletedOffsets,
  GroupOffsets,
  HeartbeatRequest,
  HeartbeatResponse,
  LeaveRequest,
  LeaveResponse,
  ListedGroup,
  OffsetQuery,
  OffsetTopic,
} from './group-requests.ts';
import type { Group } from './group-standing.ts';
import { CommittedOffsets } from './offsets/committed-offsets.ts';
import {
  type CommitProblem,
  commitOffsets,
  offsetTombstones,
  type TopicOutcome,
} from './offsets/offset-commit.ts';
import { isOffsetExpired } from './offsets/offset-expiration.ts';
import { fetchOffsets } from './offsets/offset-fetch.ts';
import type { Machines } from './runtime.ts';
import { NO_STEP, type Reply, type Respond, reply, type Step } from './step.ts';

export interface GroupShardOptions {
  readonly classic: ClassicGroupOptions;
  readonly consumer: ConsumerGroupOptions;
  readonly offsetMetadataBytesMax: number;
  readonly offsetsRetentionMs: number;
}

/** Of the consumer protocol; 4, the partitions of topics, is no longer used. */
const CONSUMER_RECORDS: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 16]);

/** From this version of OffsetCommit on a group that is not there has an error of its own. */
const NOT_FOUND_SINCE = 9;

export class GroupShard implements Machines {
  readonly #options: GroupShardOptions;
  readonly #groups = new Map<string, ClassicGroup | ConsumerGroup>();
  readonly #offsets = new CommittedOffsets();
  readonly #deadlines = new Deadlines<ClassicGroup | ConsumerGroup>();

  constructor(options: GroupShardOptions) {
    this.#options = options;
  }

  get deadline(): number {
    return this.#deadlines.next;
  }

  expire(now: number): Step {
    const steps: Step[] = [];
    for (;;) {
      const group = this.#deadlines.takeDue(now);
      if (group === undefined) return together(steps);
      steps.push(this.#settled(group, group.expire(now), now));
    }
  }

  replay(key: Buffer, value: Buffer | null, producerId: number): void {
    const record = decodeGroupRecord(key, value);
    if (record === undefined) return;
    if (record.type === 0 || record.type === 1) {
      this.#offsets.apply(record, producerId);
      // Offsets without members make a group too: a simple one.
      if (record.value !== null && !this.#groups.has(record.key.group)) this.#createClassic(record.key.group);
    } else if (record.type === 2) {
      const { group } = record.key;
      if (record.value === null) this.#groups.delete(group);
      else this.#classicOf(group).replay(record);
    } else if (CONSUMER_RECORDS.has(record.type) && 'groupId' in record.key) {
      const { groupId } = record.key;
      if (record.type === 3 && record.value === null) this.#groups.delete(groupId);
      else if (record.value !== null) this.#consumerOf(groupId).replay(record);
      else this.#groups.get(groupId)?.replay(record);
    }
  }

  transactionEnded(producerId: number, isCommitted: boolean): void {
    this.#offsets.transactionEnded(producerId, isCommitted);
  }

  loaded(now: number): void {
    for (const group of this.#groups.values()) {
      group.loaded(now);
      this.#deadlines.note(group);
    }
  }

  join(request: JoinRequest, who: Joiner, respond: Respond<JoinResponse>, now: number): Step {
    const { groupId, memberId } = request;
    const found = this.#groups.get(groupId);
    const refused = (errorCode: number): Step => answer(respond, { errorCode, memberId, protocolName: '' });
    const isOther = found instanceof ConsumerGroup;
    if (isOther && !found.standing.isEmpty) {
      return this.#settled(found, found.joinClassic(request, who, respond, now), now);
    }
    const known = isOther ? undefined : found;
    if (known === undefined && memberId !== '') return refused(ErrorCode.UNKNOWN_MEMBER_ID);
    const ended = isOther ? this.#applied(found.standing.tombstones(), []) : NO_STEP;
    const group = known ?? this.#createClassic(groupId);
    const step = group.join(request, who, respond, now);
    this.#deadlines.note(group);
    if (known !== undefined || step.records.length > 0) return together([ended, step]);
    if (group.standing.isUnused) {
      this.#forget(groupId);
      return together([ended, step]);
    }
    // The group must be there after a restart, though nothing has been decided in it.
    return together([ended, group.create(now), step]);
  }

  sync(request: SyncRequest, respond: Respond<SyncResponse>, now: number): Step {
    const group = this.#groups.get(request.groupId);
    if (group === undefined || group.standing.isEmpty) {
      return answer(respond, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, assignment: NO_BYTES });
    }
    const isConsumer = group instanceof ConsumerGroup;
    const step = isConsumer ? group.syncClassic(request, respond, now) : group.sync(request, respond, now);
    return this.#settled(group, step, now);
  }

  heartbeat(request: HeartbeatRequest, respond: Respond<HeartbeatResponse>, now: number): Step {
    const { groupId, memberId, groupInstanceId, generationId } = request;
    const group = this.#groups.get(groupId);
    if (group === undefined) return answer(respond, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
    const errorCode =
      group instanceof ConsumerGroup
        ? group.heartbeatClassic(memberId, groupInstanceId, generationId, now)
        : group.heartbeat(memberId, groupInstanceId, generationId, now);
    return this.#settled(group, answer(respond, { errorCode }), now);
  }

  leave({ groupId, members }: LeaveRequest, respond: Respond<LeaveResponse>, now: number): Step {
    const group = this.#groups.get(groupId);
    if (group === undefined) {
      const outcomes = members.map((member) => ({ ...member, errorCode: ErrorCode.UNKNOWN_MEMBER_ID }));
      return answer(respond, { errorCode: ErrorCode.NONE, members: outcomes });
    }
    const isConsumer = group instanceof ConsumerGroup;
    const { step, outcomes } = isConsumer ? group.leaveClassic(members, now) : group.leave(members, now);
    const answered = answer(respond, { errorCode: ErrorCode.NONE, members: outcomes });
    return together([this.#settled(group, step, now), answered]);
  }

  consumerHeartbeat(
    request: ConsumerHeartbeatRequest,
    who: HeartbeatCaller,
    respond: Respond<ConsumerHeartbeatResponse>,
    now: number,
  ): Step {
    const { groupId, memberEpoch } = request;
    const found = this.#groups.get(groupId);
    const isOther = found instanceof ClassicGroup;
    if (memberEpoch !== 0 && !(found instanceof ConsumerGroup)) {
      const errorMessage = `There is no consumer group "${groupId}".`;
      return answer(respond, { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage });
    }
    if (isOther && !found.standing.isEmpty) return this.#upgrade(found, request, who, respond, now);
    const ended = isOther ? this.#applied(found.standing.tombstones(), []) : NO_STEP;
    const group = this.#consumerOf(groupId);
    const step = this.#settled(group, group.heartbeat(request, who, respond, now), now);
    if (group.standing.groupEpoch === 0 && group.successor === undefined) this.#forget(groupId);
    return together([ended, step]);
  }

  commit(request: CommitRequest, respond: Respond<TopicOutcome[]>, now: number): Step {
    const { groupId, memberId, topics, retentionTimeMs } = request;
    const group = this.#groups.get(groupId);
    const problemOf = this.#commitProblems(request, group);
    const limit = this.#options.offsetMetadataBytesMax;
    const committed = commitOffsets(groupId, topics, { now, retentionTimeMs }, limit, problemOf);
    if (committed.records.length > 0) {
      if (group === undefined) this.#createClassic(groupId);
      else group.seen(memberId, now);
    }
    return this.#applied(committed.records, [reply(respond, committed.topics)]);
  }

  fetchOffsets(query: OffsetQuery, respond: Respond<GroupOffsets>, _now: number): Step {
    const { groupId, memberId, memberEpoch, topics, requireStable } = query;
    const errorCode =
      this.#groups.get(groupId)?.standing.fetchProblem(memberId, memberEpoch) ?? ErrorCode.NONE;
    if (errorCode !== ErrorCode.NONE) return answer(respond, { groupId, errorCode, topics: [] });
    const found = fetchOffsets(this.#offsets, groupId, topics, requireStable);
    return answer(respond, { groupId, errorCode: ErrorCode.NONE, topics: found });
  }

  deleteOffsets(
    groupId: string,
    topics: readonly OffsetTopic[],
    respond: Respond<DeletedOffsets>,
    _now: number,
  ): Step {
    const group = this.#groups.get(groupId);
    if (group === undefined) return answer(respond, { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] });
    const { standing } = group;
    if (!standing.isEmpty && !standing.isOfConsumers) {
      return answer(respond, { errorCode: ErrorCode.NON_EMPTY_GROUP, topics: [] });
    }
    const records: GroupRecord[] = [];
    const outcomes = topics.map(({ name, partitions }) => {
      const errorCode = standing.isSubscribedTo(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
      for (const { partitionIndex } of errorCode === ErrorCode.NONE ? partitions : []) {
        if (this.#offsets.get(groupId, name, partitionIndex) === undefined) continue;
        records.push(...offsetTombstones(groupId, [{ topic: name, partition: partitionIndex }]));
      }
      return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
    });
    return this.#applied(records, [reply(respond, { errorCode: ErrorCode.NONE, topics: outcomes })]);
  }

  deleteGroup(groupId: string, respond: Respond<number>, _now: number): Step {
    const group = this.#groups.get(groupId);
    if (group === undefined) return answer(respond, ErrorCode.GROUP_ID_NOT_FOUND);
    if (!group.standing.isEmpty) return answer(respond, ErrorCode.NON_EMPTY_GROUP);
    return this.#applied(this.#tombstones(groupId, group), [reply(respond, ErrorCode.NONE)]);
  }

  /** Removes the offsets of a topic that is gone. */
  topicRemoved(topic: string): Step {
    const records: GroupRecord[] = [];
    for (const groupId of this.#offsets.groups()) {
      const gone = [...this.#offsets.partitionsOf(groupId)].filter((entry) => entry.topic === topic);
      records.push(...offsetTombstones(groupId, gone));
    }
    return this.#applied(records, []);
  }

  /** Topics or partitions have come or gone: groups whose members the coordinator assigns look again. */
  topicsChanged(): Step {
    for (const group of this.#groups.values()) if (group instanceof ConsumerGroup) group.topicsChanged();
    return NO_STEP;
  }

  /** Removes offsets that are too old, and groups that are left with nothing. */
  expireOffsets(now: number): Step {
    const { offsetsRetentionMs } = this.#options;
    const records: GroupRecord[] = [];
    for (const [groupId, group] of this.#groups) {
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
      if (isLeftWithNothing) records.push(...this.#tombstones(groupId, group));
      else records.push(...offsetTombstones(groupId, old));
    }
    return this.#applied(records, []);
  }

  list(): ListedGroup[] {
    return Array.from(this.#groups.entries(), ([groupId, { standing }]) => ({
      groupId,
      protocolType: standing.protocolType ?? '',
      groupState: standing.state,
      groupType: standing.type,
    }));
  }

  typeOf(groupId: string): string | undefined {
    return this.#groups.get(groupId)?.standing.type;
  }

  describeClassic(groupId: string): object | undefined {
    const group = this.#groups.get(groupId);
    return group instanceof ClassicGroup ? group.standing.describe() : undefined;
  }

  describeConsumer(groupId: string): object | undefined {
    const group = this.#groups.get(groupId);
    if (!(group instanceof ConsumerGroup)) return undefined;
    return describeConsumerGroup(group.standing, group.assignorName, this.#options.consumer.topics);
  }

  /** Whether the one who commits may commit a partition. */
  #commitProblems(request: CommitRequest, group: Group | undefined): CommitProblem {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation, apiVersion } = request;
    if (group !== undefined) {
      const who = { memberId, groupInstanceId, generation, apiVersion, isTransactional: false };
      return (topicId, partition) => group.standing.commitProblem(who, topicId, partition);
    }
    if (generation < 0) return () => ErrorCode.NONE;
    const missing =
      apiVersion >= NOT_FOUND_SINCE ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
    return () => missing;
  }

  #tombstones(groupId: string, group: Group): GroupRecord[] {
    return [
      ...offsetTombstones(groupId, this.#offsets.partitionsOf(groupId)),
      ...group.standing.tombstones(),
    ];
  }

  /** Records of this shard's own, which it applies here: offsets, and the tombstones of groups. */
  #applied(records: readonly GroupRecord[], replies: readonly Reply[]): Step {
    for (const record of records) {
      if (record.type === 0 || record.type === 1) this.#offsets.apply(record, -1);
      else if (record.type === 2) this.#forget(record.key.group);
      else if (record.type === 3) this.#forget(record.key.groupId);
    }
    return { records, replies };
  }

  /** Notes when a group is due again, and puts in its place the classic group that it may have become. */
  #settled(group: ClassicGroup | ConsumerGroup, step: Step, now: number): Step {
    const successor = group instanceof ConsumerGroup ? group.successor : undefined;
    if (successor === undefined) {
      this.#deadlines.note(group);
      return step;
    }
    const { groupId } = group.standing;
    this.#forget(groupId);
    const classic = this.#createClassic(groupId);
    classic.replay(successor.record);
    classic.loaded(now);
    const rebalanced = successor.mustRebalance ? classic.rebalance(now) : NO_STEP;
    this.#deadlines.note(classic);
    return together([step, rebalanced]);
  }

  /** A first member of the consumer protocol joins a classic group; where it is refused, the group stays classic. */
  #upgrade(
    classic: ClassicGroup,
    request: ConsumerHeartbeatRequest,
    who: HeartbeatCaller,
    respond: Respond<ConsumerHeartbeatResponse>,
    now: number,
  ): Step {
    const { groupId } = request;
    const { settings, topics } = this.#options.consumer;
    const records = upgradeRecords(classic.standing, settings, topics, now);
    if (!Array.isArray(records)) {
      return answer(respond, { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: records.problem });
    }
    const group = new ConsumerGroup(groupId, this.#options.consumer);
    for (const record of records) group.replay(record);
    group.loaded(now);
    const joined = group.heartbeat(request, who, respond, now);
    if (joined.records.length === 0) return joined;
    const ended = classic.end();
    const tombstones = this.#applied(classic.standing.tombstones(), []);
    this.#groups.set(groupId, group);
    this.#deadlines.note(group);
    return together([ended, tombstones, { records, replies: [] }, joined]);
  }

  #forget(groupId: string): void {
    const group = this.#groups.get(groupId);
    if (group !== undefined) this.#deadlines.forget(group);
    this.#groups.delete(groupId);
  }

  #createClassic(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.#options.classic);
    this.#groups.set(groupId, group);
    return group;
  }

  #classicOf(groupId: string): ClassicGroup {
    const group = this.#groups.get(groupId);
    return group instanceof ClassicGroup ? group : this.#createClassic(groupId);
  }

  #consumerOf(groupId: string): ConsumerGroup {
    const known = this.#groups.get(groupId);
    if (known instanceof ConsumerGroup) return known;
    const group = new ConsumerGroup(groupId, this.#options.consumer);
    this.#groups.set(groupId, group);
    return group;
  }
}

function answer<Body>(respond: Respond<Body>, body: Body): Step {
  return { records: [], replies: [reply(respond, body)] };
}

function together(steps: readonly Step[]): Step {
  return {
    records: steps.flatMap(({ records }) => records),
    replies: steps.flatMap(({ replies }) => replies),
  };
}
