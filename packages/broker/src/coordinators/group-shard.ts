// The groups and committed offsets of one partition of `__consumer_offsets`, behind one door.
//
// Finds the group a request is for, by the rules of what may make one, and hands the request to its machine. Groups of
// both protocols share one name space with offsets that belong to no members at all (simple groups). Synchronous, as
// the machines are. org.apache.kafka.coordinator.group.GroupCoordinatorShard.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { ClassicGroup } from './classic/classic-group.ts';
import type { Joiner, JoinRequest, JoinResponse, SyncResponse } from './classic/classic-member.ts';
import { NO_BYTES } from './classic/classic-member.ts';
import type { ClassicGroupOptions } from './classic/classic-options.ts';
import type { SyncRequest } from './classic/classic-standing.ts';
import { describeConsumerGroup } from './consumer/consumer-description.ts';
import { ConsumerGroup, type HeartbeatCaller } from './consumer/consumer-group.ts';
import type { ConsumerGroupOptions } from './consumer/consumer-options.ts';
import { upgradeRecords } from './consumer/group-upgrade.ts';
import {
  type HeartbeatRequest as ConsumerHeartbeatRequest,
  type HeartbeatResponse as ConsumerHeartbeatResponse,
  requestProblem,
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
  TransactionalCommitRequest,
} from './group-requests.ts';
import { HeldHeartbeats } from './held-heartbeats.ts';
import type { TopicOutcome } from './offsets/offset-commit.ts';
import { OffsetShard, type OffsetShardOptions } from './offsets/offset-shard.ts';
import type { Machines } from './runtime.ts';
import { answer, NO_STEP, type Reply, type Respond, reply, type Step, type Timed, together } from './step.ts';

export interface GroupShardOptions extends OffsetShardOptions {
  readonly classic: ClassicGroupOptions;
  readonly consumer: ConsumerGroupOptions;
}

/** Of the consumer protocol; 4, the partitions of topics, is no longer used. */
const CONSUMER_RECORDS: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 16]);

export class GroupShard implements Machines {
  readonly #options: GroupShardOptions;
  readonly #groups = new Map<string, ClassicGroup | ConsumerGroup>();
  readonly #offsets: OffsetShard;
  readonly #deadlines = new Deadlines<Timed>();
  readonly #held = new HeldHeartbeats();

  constructor(options: GroupShardOptions) {
    this.#options = options;
    this.#offsets = new OffsetShard(options);
  }

  get deadline(): number {
    return this.#deadlines.next;
  }

  expire(now: number): Step {
    const steps: Step[] = [];
    for (;;) {
      const due = this.#deadlines.takeDue(now);
      if (due === undefined) return together(steps);
      const step = due.expire(now);
      if (due instanceof HeldHeartbeats) {
        steps.push(step);
        this.#deadlines.note(due);
      } else steps.push(this.#settled(due as ClassicGroup | ConsumerGroup, step, now));
    }
  }

  replay(key: Buffer, value: Buffer | null, producerId: number): void {
    const record = decodeGroupRecord(key, value);
    if (record === undefined) return;
    if (record.type === 0 || record.type === 1) {
      this.#offsets.replay(record, producerId);
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
    const step = this.#settled(group, group.join(request, who, respond, now), now);
    if (known !== undefined || step.records.length > 0) return together([ended, step]);
    // In the place of another group it stays, even where the join was refused: that one's offsets are now its own.
    if (group.standing.isUnused && !isOther) {
      this.#forget(groupId);
      return step;
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

  /** @param mayWait whether the client understands an answer that comes late, when there is news */
  heartbeat(
    request: HeartbeatRequest,
    respond: Respond<HeartbeatResponse>,
    mayWait: boolean,
    now: number,
  ): Step {
    const { groupId, memberId, groupInstanceId, generationId } = request;
    const released = this.#held.release(groupId, memberId);
    const group = this.#groups.get(groupId);
    if (group === undefined) {
      return together([released, answer(respond, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })]);
    }
    const errorCode =
      group instanceof ConsumerGroup
        ? group.heartbeatClassic(memberId, groupInstanceId, generationId, now)
        : group.heartbeat(memberId, groupInstanceId, generationId, now);
    const step = this.#settled(group, answer(respond, { errorCode }), now);
    if (!mayWait || errorCode !== ErrorCode.NONE || group.hasNewsFor(memberId))
      return together([released, step]);
    const again = (): Step => this.heartbeat(request, respond, false, now);
    return together([
      released,
      this.#hold(groupId, memberId, step, now + group.patienceWith(memberId), again),
    ]);
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
    mayWait: boolean,
    now: number,
  ): Step {
    const { groupId, memberId, memberEpoch } = request;
    const released = this.#held.release(groupId, memberId);
    const found = this.#groups.get(groupId);
    const isOther = found instanceof ClassicGroup;
    if (memberEpoch !== 0 && !(found instanceof ConsumerGroup)) {
      const { assignors } = this.#options.consumer.settings;
      const errorMessage = `There is no consumer group "${groupId}".`;
      const missing = { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage };
      const refusal = requestProblem(request, who.apiVersion, assignors) ?? missing;
      return together([released, answer(respond, refusal)]);
    }
    if (isOther && !found.standing.isEmpty) {
      return together([released, this.#upgrade(found, request, who, respond, now)]);
    }
    const ended = isOther ? this.#applied(found.standing.tombstones(), []) : NO_STEP;
    const group = this.#consumerOf(groupId);
    const step = this.#settled(group, group.heartbeat(request, who, respond, now), now);
    if (group.standing.groupEpoch === 0 && group.successor === undefined) this.#forget(groupId);
    if (!mayWait || !group.isQuiet(request, step)) return together([released, ended, step]);
    const again = (): Step => this.consumerHeartbeat(request, who, respond, false, now);
    return together([released, this.#hold(groupId, memberId, step, now + group.patienceWith(), again)]);
  }

  /** Answers a heartbeat that waits for news, because something else is to be answered. */
  releaseHeartbeat(groupId: string, memberId: string): Step {
    return this.#held.release(groupId, memberId);
  }

  commit(request: CommitRequest, respond: Respond<TopicOutcome[]>, now: number): Step {
    const step = this.#offsets.commit(request, this.#groups.get(request.groupId), respond, now);
    return this.#committed(request, step, now);
  }

  /** Commits offsets that count when a transaction does. */
  commitInTransaction(
    request: TransactionalCommitRequest,
    respond: Respond<TopicOutcome[]>,
    now: number,
  ): Step {
    const group = this.#groups.get(request.groupId);
    const step = this.#offsets.commitInTransaction(request, group, respond, now);
    return this.#committed(request, step, now);
  }

  #committed({ groupId, memberId }: CommitRequest, step: Step, now: number): Step {
    const group = this.#groups.get(groupId);
    if (step.records.length === 0) return step;
    if (group === undefined) this.#createClassic(groupId);
    else group.seen(memberId, now);
    return step;
  }

  fetchOffsets(query: OffsetQuery, respond: Respond<GroupOffsets>): Step {
    return this.#offsets.fetch(query, this.#groups.get(query.groupId), respond);
  }

  deleteOffsets(groupId: string, topics: readonly OffsetTopic[], respond: Respond<DeletedOffsets>): Step {
    return this.#offsets.delete(groupId, topics, this.#groups.get(groupId), respond);
  }

  deleteGroup(groupId: string, respond: Respond<number>): Step {
    const group = this.#groups.get(groupId);
    if (group === undefined) return answer(respond, ErrorCode.GROUP_ID_NOT_FOUND);
    if (!group.standing.isEmpty) return answer(respond, ErrorCode.NON_EMPTY_GROUP);
    return this.#applied(this.#offsets.tombstones(groupId, group), [reply(respond, ErrorCode.NONE)]);
  }

  /** Topics or partitions have come or gone: groups whose members the coordinator assigns look again. */
  topicsChanged(): Step {
    const steps: Step[] = [];
    for (const [groupId, group] of this.#groups) {
      if (!(group instanceof ConsumerGroup)) continue;
      group.topicsChanged();
      // The first member that is answered sees whether the change is one for this group.
      steps.push(this.#held.tell(groupId, (memberId) => group.hasNewsFor(memberId)));
    }
    return together(steps);
  }

  /** A topic is gone, and what was committed for it. */
  topicRemoved(topic: string): Step {
    return this.#applied(this.#offsets.ofTopic(topic), []);
  }

  /** Removes offsets that are too old, and groups that are left with nothing. */
  expireOffsets(now: number): Step {
    const expired = [...this.#groups].flatMap(([groupId, group]) =>
      this.#offsets.expire(groupId, group, now),
    );
    return this.#applied(expired, []);
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

  /** Records of this shard's own, which it applies here: offsets, and the tombstones of groups. */
  #applied(records: readonly GroupRecord[], replies: readonly Reply[]): Step {
    for (const record of records) {
      if (record.type === 0 || record.type === 1) this.#offsets.replay(record, -1);
      else if (record.type === 2) this.#forget(record.key.group);
      else if (record.type === 3) this.#forget(record.key.groupId);
    }
    return { records, replies };
  }

  /** Notes when a group is due again, and puts in its place the classic group that it may have become. */
  #settled(group: ClassicGroup | ConsumerGroup, step: Step, now: number): Step {
    const successor = group instanceof ConsumerGroup ? group.successor : undefined;
    const { groupId } = group.standing;
    if (successor === undefined) {
      this.#deadlines.note(group);
      const told = this.#held.tell(groupId, (memberId) => group.hasNewsFor(memberId));
      return together([step, told]);
    }
    this.#forget(groupId);
    const classic = this.#createClassic(groupId);
    classic.replay(successor.record);
    classic.loaded(now);
    const rebalanced = successor.mustRebalance ? classic.rebalance(now) : NO_STEP;
    this.#deadlines.note(classic);
    const told = this.#held.tell(groupId, (memberId) => classic.hasNewsFor(memberId));
    return together([step, rebalanced, told]);
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
    const told = this.#held.tell(groupId, () => true);
    return together([ended, tombstones, { records, replies: [] }, joined, told]);
  }

  /** Keeps back the one answer of a step. */
  #hold(groupId: string, memberId: string, step: Step, until: number, again: () => Step): Step {
    const [quiet, ...others] = step.replies;
    if (quiet === undefined) return step;
    this.#held.hold(groupId, memberId, { until, quiet, again });
    this.#deadlines.note(this.#held);
    return { records: step.records, replies: others };
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
