// Topics and one consumer group for tests of the group machines, without a broker.

import { ConsumerGroup } from '../coordinators/consumer/consumer-group.ts';
import type { ConsumerGroupSettings, ConsumerGroupTimes } from '../coordinators/consumer/consumer-options.ts';
import type { HeartbeatRequest, HeartbeatResponse } from '../coordinators/consumer/heartbeat-check.ts';
import type { Topics } from '../coordinators/consumer/subscriptions.ts';
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from '../coordinators/group-record.ts';
import type { Step } from '../coordinators/step.ts';
import type { TopicImage } from '../metadata/image.ts';

/** Topics that come, go and grow as the test wants. */
export class TestTopics implements Topics {
  readonly #byName = new Map<string, TopicImage>();
  #made = 0;

  constructor(partitionCounts: Readonly<Record<string, number>> = {}) {
    for (const [name, count] of Object.entries(partitionCounts)) this.set(name, count);
  }

  get topics(): TopicImage[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  topic(name: string): TopicImage | undefined {
    return this.#byName.get(name);
  }

  topicById(id: string): TopicImage | undefined {
    return this.topics.find((topic) => topic.id === id);
  }

  /** Makes a topic, or has it grow. */
  set(name: string, count: number): void {
    const id =
      this.#byName.get(name)?.id ??
      Buffer.from(`topic-${String(this.#made++).padStart(10, '0')}`).toString('base64url');
    const partitions = Array.from({ length: count }, (_, index) => ({
      index,
      leaderEpoch: 0,
      partitionEpoch: 0,
    }));
    this.#byName.set(name, { name, id, partitions });
  }

  delete(name: string): void {
    this.#byName.delete(name);
  }

  /** Partitions in messages' form, from "topic-partition". */
  partitions(names: readonly string[]): { topicId: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>();
    for (const name of names) {
      const at = name.lastIndexOf('-');
      const topicId = this.topic(name.slice(0, at))?.id ?? '';
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(name.slice(at + 1))]);
    }
    return Array.from(byTopic, ([topicId, partitions]) => ({ topicId, partitions }));
  }

  names(topics: Iterable<{ readonly topicId?: string; readonly partitions?: Iterable<number> }>): string[] {
    return Array.from(topics, ({ topicId = '', partitions = [] }) =>
      Array.from(partitions, (partition) => `${this.topicById(topicId)?.name ?? topicId}-${partition}`),
    )
      .flat()
      .sort();
  }
}

/** Settings of a group, and those that each may have of its own. */
export type ConsumerTestSettings = ConsumerGroupSettings & ConsumerGroupTimes;

export const CONSUMER_SETTINGS: ConsumerTestSettings = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 5_000,
  maxSize: 1000,
  classicMaxSize: 1000,
  assignors: ['uniform', 'range'],
  migrationPolicy: 'bidirectional',
};

/** The answer to a heartbeat, its partitions as "topic-partition". */
export interface Answer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** In order; null where the answer does not say. */
  readonly assigned: readonly string[] | null;
}

/** One consumer group at a time of the test's, with all records that it wrote. */
export class TestGroup {
  readonly groupId: string;
  readonly topics: TestTopics;
  readonly #settings: ConsumerTestSettings;
  group: ConsumerGroup;
  now = 0;
  /** As they are on disk. */
  readonly log: { readonly key: Buffer; readonly value: Buffer | null }[] = [];
  #ids = 0;

  constructor(topics: TestTopics, settings: Partial<ConsumerTestSettings> = {}, groupId = 'g') {
    this.topics = topics;
    this.groupId = groupId;
    this.#settings = { ...CONSUMER_SETTINGS, ...settings };
    this.group = this.#newGroup();
  }

  /** A heartbeat, by default one that tells nothing new. */
  heartbeat(fields: Partial<HeartbeatRequest>, apiVersion = 1): Answer {
    const request = heartbeatOf(this.groupId, fields);
    const who = { clientId: 'client', clientHost: '/127.0.0.1', apiVersion };
    const answers: HeartbeatResponse[] = [];
    const step = this.group.heartbeat(request, who, (body) => answers.push(body), this.now);
    this.keep(step);
    return answerOf(answers[0] ?? {}, this.topics);
  }

  /** The first heartbeat of a member. */
  join(memberId: string, fields: Partial<HeartbeatRequest> = {}): Answer {
    return this.heartbeat({
      memberId,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
      ...fields,
    });
  }

  /** Lets time pass; whatever is due then happens. */
  pass(ms: number): GroupRecord[] {
    this.now += ms;
    if (this.group.deadline > this.now) return [];
    const step = this.group.expire(this.now);
    this.keep(step);
    return [...step.records];
  }

  /** The broker dies; the next one reads the log, as it is or compacted. */
  restart(isCompacted = false): void {
    this.group = this.#newGroup();
    const log = isCompacted ? compacted(this.log) : this.log;
    for (const { key, value } of log) {
      const record = decodeGroupRecord(key, value);
      if (record !== undefined) this.group.replay(record);
    }
    this.group.loaded(this.now);
  }

  keep(step: Step): void {
    for (const record of step.records) this.log.push(encodeGroupRecord(record));
    for (const { respond, body } of step.replies) (respond as (body: unknown) => void)(body);
  }

  #newGroup(): ConsumerGroup {
    return new ConsumerGroup(this.groupId, {
      settings: this.#settings,
      timesOf: () => this.#settings,
      topics: this.topics,
      newMemberId: () => `made-${this.#ids++}`,
    });
  }
}

/** What compaction leaves: the last record of each key, in the order of the log, without tombstones. */
export function compacted<R extends { readonly key: Buffer; readonly value: Buffer | null }>(
  log: readonly R[],
): R[] {
  const last = new Map(log.map((record, i) => [record.key.toString('latin1'), i]));
  return log.filter(({ key, value }, i) => value !== null && last.get(key.toString('latin1')) === i);
}

/** By default one of member "m" that tells nothing new. */
export function heartbeatOf(groupId: string, fields: Partial<HeartbeatRequest>): HeartbeatRequest {
  return {
    groupId,
    memberId: 'm',
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    subscribedTopicNames: null,
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: null,
    ...fields,
  };
}

export function answerOf(body: HeartbeatResponse, topics: TestTopics): Answer {
  const { errorCode = 0, errorMessage = null, memberId, memberEpoch = 0, heartbeatIntervalMs = 0 } = body;
  const assigned = body.assignment ? topics.names(body.assignment.topicPartitions ?? []) : null;
  return { errorCode, errorMessage, memberId: memberId ?? '', memberEpoch, heartbeatIntervalMs, assigned };
}
