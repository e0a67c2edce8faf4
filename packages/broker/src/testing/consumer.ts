// A consumer of the consumer protocol for tests of the group machines.

import assert from 'node:assert/strict';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { HeartbeatRequest } from '../coordinators/consumer/heartbeat-check.ts';
import type { Answer, TestTopics } from './group-members.ts';

/** A group as its members reach it. */
export interface GroupAccess {
  readonly now: number;
  readonly topics: TestTopics;
  heartbeat(fields: Partial<HeartbeatRequest>): Answer;
}

/** What a consumer may be told at any time: that it was put out, or that its group has become a classic one. */
const REASONS_TO_JOIN_AGAIN: ReadonlySet<number> = new Set([
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
]);

/** A consumer as KIP-848 wants it: revokes before it acknowledges, adds what it is given, tells all after an error. */
export class Consumer {
  readonly memberId: string;
  readonly instanceId: string | null;
  epoch = 0;
  owned = new Set<string>();
  topics: string[] = ['t'];
  regex: string | null = null;
  /** Whether the last answer came, so that only news need to be told. */
  isInSync = false;
  heardAt = 0;

  constructor(memberId: string, instanceId: string | null) {
    this.memberId = memberId;
    this.instanceId = instanceId;
  }

  heartbeat(group: GroupAccess, isAnswerLost: boolean): void {
    const isJoin = this.epoch === 0;
    const isFull = isJoin || !this.isInSync;
    const answer = group.heartbeat({
      memberId: this.memberId,
      instanceId: this.instanceId,
      memberEpoch: this.epoch,
      rebalanceTimeoutMs: isFull ? 300_000 : -1,
      subscribedTopicNames: isFull ? this.topics : null,
      subscribedTopicRegex: isFull ? (this.regex ?? '') : null,
      topicPartitions: group.topics.partitions([...this.owned]),
    });
    if (isAnswerLost) {
      this.isInSync = false;
      return;
    }
    if (answer.errorCode !== ErrorCode.NONE) {
      const isKnown = REASONS_TO_JOIN_AGAIN.has(answer.errorCode);
      assert.ok(isKnown, `${this.memberId}: ${answer.errorCode} ${answer.errorMessage}`);
      this.lose();
      return;
    }
    assert.ok(isJoin || answer.memberEpoch >= this.epoch, 'a member epoch only grows');
    this.epoch = answer.memberEpoch;
    this.isInSync = true;
    this.heardAt = group.now;
    if (answer.assigned !== null) this.owned = new Set(answer.assigned);
  }

  leave(group: GroupAccess): void {
    group.heartbeat({ memberId: this.memberId, instanceId: this.instanceId, memberEpoch: -1 });
    this.lose();
  }

  lose(): void {
    this.epoch = 0;
    this.owned = new Set();
    this.isInSync = false;
  }
}
