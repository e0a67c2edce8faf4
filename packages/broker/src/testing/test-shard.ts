// The groups of one partition of `__consumer_offsets` for tests, with a log of their records and a clock of the test's.

import type { JoinRequest, JoinResponse, SyncResponse } from '../coordinators/classic/classic-member.ts';
import type { SyncRequest } from '../coordinators/classic/classic-standing.ts';
import type {
  HeartbeatRequest as ConsumerHeartbeatRequest,
  HeartbeatResponse as ConsumerHeartbeatResponse,
} from '../coordinators/consumer/heartbeat-check.ts';
import { encodeGroupRecord, type RecordBytes } from '../coordinators/group-record.ts';
import type {
  HeartbeatRequest,
  HeartbeatResponse,
  LeaveRequest,
  LeaveResponse,
} from '../coordinators/group-requests.ts';
import { GroupShard } from '../coordinators/group-shard.ts';
import type { Step } from '../coordinators/step.ts';
import type { GroupAccess } from './consumer.ts';
import {
  answerOf,
  CONSUMER_SETTINGS,
  type ConsumerTestSettings,
  compacted,
  heartbeatOf,
  type TestTopics,
} from './group-members.ts';

export class TestShard {
  readonly topics: TestTopics;
  readonly #settings: ConsumerTestSettings;
  /** As it is on disk. */
  readonly log: RecordBytes[] = [];
  shard: GroupShard;
  now = 0;
  #ids = 0;

  constructor(topics: TestTopics, settings: Partial<ConsumerTestSettings> = {}) {
    this.topics = topics;
    this.#settings = { ...CONSUMER_SETTINGS, ...settings };
    this.shard = this.#newShard();
  }

  join(request: JoinRequest, respond: (answer: JoinResponse) => void): void {
    const who = { clientId: 'c', clientHost: '/127.0.0.1', mustKnowItsId: true, maySkipAssignment: true };
    this.#keep(this.shard.join(request, who, respond, this.now));
  }

  sync(request: SyncRequest, respond: (answer: SyncResponse) => void): void {
    this.#keep(this.shard.sync(request, respond, this.now));
  }

  heartbeat(request: HeartbeatRequest, respond: (answer: HeartbeatResponse) => void): void {
    this.#keep(this.shard.heartbeat(request, respond, false, this.now));
  }

  leave(request: LeaveRequest): LeaveResponse {
    let answer: LeaveResponse = {};
    this.#keep(
      this.shard.leave(
        request,
        (body) => {
          answer = body;
        },
        this.now,
      ),
    );
    return answer;
  }

  /** Sends a heartbeat whose answer may come later, when there is news. */
  heldHeartbeat(
    request: ConsumerHeartbeatRequest,
    respond: (answer: ConsumerHeartbeatResponse) => void,
  ): void {
    const who = { clientId: 'c', clientHost: '/127.0.0.1', apiVersion: 1 };
    this.#keep(this.shard.consumerHeartbeat(request, who, respond, true, this.now));
  }

  consumerHeartbeat(request: ConsumerHeartbeatRequest): ConsumerHeartbeatResponse {
    const who = { clientId: 'c', clientHost: '/127.0.0.1', apiVersion: 1 };
    let answer: ConsumerHeartbeatResponse = {};
    this.#keep(
      this.shard.consumerHeartbeat(
        request,
        who,
        (body) => {
          answer = body;
        },
        false,
        this.now,
      ),
    );
    return answer;
  }

  /** One group, as members of the consumer protocol reach it. */
  groupOf(groupId: string): GroupAccess {
    const shard = this;
    return {
      get now() {
        return shard.now;
      },
      topics: this.topics,
      heartbeat: (fields) => answerOf(shard.consumerHeartbeat(heartbeatOf(groupId, fields)), shard.topics),
    };
  }

  topicsChanged(): void {
    this.#keep(this.shard.topicsChanged());
  }

  /** Lets time pass; whatever is due then happens. */
  pass(ms: number): void {
    this.now += ms;
    if (this.shard.deadline <= this.now) this.#keep(this.shard.expire(this.now));
  }

  /** The broker dies; the next one reads the log, as it is or compacted. Nobody who waits is answered. */
  restart(isCompacted = false): void {
    this.shard = this.#newShard();
    for (const { key, value } of isCompacted ? compacted(this.log) : this.log)
      this.shard.replay(key, value, -1);
    this.shard.loaded(this.now);
  }

  #keep(step: Step): void {
    for (const record of step.records) this.log.push(encodeGroupRecord(record));
    for (const { respond, body } of step.replies) (respond as (body: unknown) => void)(body);
  }

  #newShard(): GroupShard {
    return new GroupShard({
      classic: {
        settings: {
          sessionTimeoutMinMs: 1,
          sessionTimeoutMaxMs: 1_800_000,
          initialRebalanceDelayMs: 0,
          maxSize: this.#settings.classicMaxSize,
          newMemberJoinTimeoutMs: 300_000,
        },
        newMemberId: (prefix) => `${prefix}-${this.#ids++}`,
      },
      consumer: {
        settings: this.#settings,
        timesOf: () => this.#settings,
        topics: this.topics,
        newMemberId: () => `made-${this.#ids++}`,
      },
      offsetMetadataBytesMax: 4096,
      offsetsRetentionMs: 60_000,
    });
  }
}
