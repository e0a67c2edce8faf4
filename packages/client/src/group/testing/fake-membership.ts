// A membership for tests that joins nothing: a test says what the group gives and takes, and how its coordinator
// answers. It keeps committed offsets, and refuses where a test says so.

import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import type { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { RequestOptions } from '../../network/connection.ts';
import type { Membership, MembershipOwner } from '../membership/membership.ts';

type CommitBody = Encodable<(typeof OffsetCommit)['request']['fields']>;
type FetchBody = Encodable<(typeof OffsetFetch)['request']['fields']>;

export class FakeMembership implements Membership {
  memberId = 'member';
  generation = 1;
  isLosing = false;
  readonly instanceId = null;
  /** In order: `commit t-0=5@1` (generation 1), `fetch t-0`, `start`, `resume`, `leave`, `stop`. */
  readonly log: string[] = [];
  readonly offsets = new Map<string, { readonly offset: number; readonly metadata: string }>();
  /** The error code for a partition in the next answer; 0 for none. May wait. */
  onCommit: (partition: string) => number | Promise<number> = () => 0;
  onFetch: (partition: string) => number | Promise<number> = () => 0;
  #owner: MembershipOwner | undefined;
  #held: readonly TopicPartition[] = [];

  attach(owner: MembershipOwner): this {
    this.#owner = owner;
    return this;
  }

  get assignment(): readonly TopicPartition[] {
    return this.#held;
  }

  async give(...partitions: TopicPartition[]): Promise<void> {
    this.#held = [...this.#held, ...partitions];
    await this.#owner?.assigned(partitions, 'the test gives them');
  }

  async take(...partitions: TopicPartition[]): Promise<void> {
    await this.#owner?.revoked(partitions, 'the test takes them');
    this.#drop(partitions);
  }

  async lose(...partitions: TopicPartition[]): Promise<void> {
    this.#drop(partitions);
    this.isLosing = true;
    await this.#owner?.lost(partitions, 'the test loses them');
    this.isLosing = false;
  }

  start(): void {
    this.log.push('start');
  }

  subscribe(): void {}

  async suspend(reason: string): Promise<void> {
    const held = this.#held;
    this.#held = [];
    await this.#owner?.lost(held, reason);
  }

  resume(): void {
    this.log.push('resume');
  }

  async leave(): Promise<void> {
    if (this.#held.length > 0) await this.take(...this.#held);
    this.log.push('leave');
  }

  stop(): void {
    this.log.push('stop');
  }

  async request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    _options?: RequestOptions,
  ): Promise<Decoded<R>> {
    const answer =
      api.key === OffsetCommit.key
        ? await this.#commit(body as CommitBody)
        : await this.#fetch(body as FetchBody);
    return answer as unknown as Decoded<R>;
  }

  async #commit({ generationIdOrMemberEpoch, topics = [] }: CommitBody): Promise<object> {
    const answered = [];
    for (const { name = '', topicId, partitions = [] } of topics) {
      const codes = [];
      for (const { partitionIndex = 0, committedOffset = -1, committedMetadata } of partitions) {
        const text = partitionText({ topic: name, partition: partitionIndex });
        this.log.push(`commit ${text}=${committedOffset}@${generationIdOrMemberEpoch}`);
        const errorCode = await this.onCommit(text);
        if (errorCode === 0) {
          this.offsets.set(text, { offset: Number(committedOffset), metadata: committedMetadata ?? '' });
        }
        codes.push({ partitionIndex, errorCode });
      }
      answered.push({ name, topicId, partitions: codes });
    }
    return { topics: answered };
  }

  async #fetch({ groups = [] }: FetchBody): Promise<object> {
    const answered = [];
    for (const { name = '', topicId, partitionIndexes = [] } of groups[0]?.topics ?? []) {
      const found = [];
      for (const partitionIndex of partitionIndexes) {
        const text = partitionText({ topic: name, partition: partitionIndex });
        this.log.push(`fetch ${text}`);
        const errorCode = await this.onFetch(text);
        const { offset = -1, metadata = '' } = (errorCode === 0 && this.offsets.get(text)) || {};
        found.push({ partitionIndex, committedOffset: offset, metadata, errorCode });
      }
      answered.push({ name, topicId, partitions: found });
    }
    return { errorCode: 0, topics: [], groups: [{ errorCode: 0, topics: answered }] };
  }

  #drop(partitions: readonly TopicPartition[]): void {
    const gone = new Set(partitions.map(partitionText));
    this.#held = this.#held.filter((partition) => !gone.has(partitionText(partition)));
  }
}
