// A consumer of the classic protocol for tests of the group machines: joins, assigns where it leads, syncs, sends
// heartbeats, one request at a time. Answers may come in a later step, as in a broker.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { decodeVersioned, encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { JoinResponse, SyncResponse } from '../coordinators/classic/classic-member.ts';
import type { TestShard } from './test-shard.ts';

export interface ClassicConsumerOptions {
  readonly instanceId?: string;
  readonly topics?: readonly string[];
  /** "cooperative-sticky" keeps partitions over a rebalance, others give them up before they join. */
  readonly protocols?: readonly string[];
}

export class ClassicConsumer {
  readonly groupId: string;
  readonly #shard: TestShard;
  readonly #options: ClassicConsumerOptions;
  memberId = '';
  generation = -1;
  /** "topic-partition" of each. */
  owned = new Set<string>();
  needsJoin = true;
  /** Whether an answer is awaited. */
  isWaiting = false;
  lastError: number = ErrorCode.NONE;
  heardAt = 0;
  #protocol = '';

  constructor(shard: TestShard, groupId: string, options: ClassicConsumerOptions = {}) {
    this.#shard = shard;
    this.groupId = groupId;
    this.#options = options;
  }

  get isEager(): boolean {
    return this.#options.protocols?.[0] !== 'cooperative-sticky';
  }

  /** The next thing such a consumer does: joins, or sends a heartbeat. */
  step(): void {
    if (this.isWaiting) return;
    if (this.needsJoin) this.join();
    else this.heartbeat();
  }

  join(): void {
    if (this.isEager) this.owned.clear();
    this.isWaiting = true;
    this.#shard.join(
      {
        groupId: this.groupId,
        memberId: this.memberId,
        groupInstanceId: this.#options.instanceId ?? null,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        protocolType: 'consumer',
        protocols: (this.#options.protocols ?? ['range']).map((name) => ({
          name,
          metadata: this.#subscription(),
        })),
        reason: null,
      },
      (answer) => this.#joined(answer),
    );
  }

  heartbeat(): void {
    this.isWaiting = true;
    const { groupId, memberId, generation: generationId } = this;
    const groupInstanceId = this.#options.instanceId ?? null;
    this.#shard.heartbeat({ groupId, memberId, groupInstanceId, generationId }, ({ errorCode = 0 }) => {
      this.isWaiting = false;
      this.heardAt = this.#shard.now;
      this.#onError(errorCode);
    });
  }

  leave(): void {
    const { groupId, memberId } = this;
    const groupInstanceId = this.#options.instanceId ?? null;
    this.#shard.leave({ groupId, memberId, members: [{ memberId, groupInstanceId, reason: null }] });
    this.lose();
    this.memberId = '';
  }

  lose(): void {
    this.owned.clear();
    this.generation = -1;
    this.needsJoin = true;
  }

  #subscription(): Buffer {
    const byTopic = Map.groupBy(this.owned, (name) => name.slice(0, name.lastIndexOf('-')));
    const ownedPartitions = Array.from(byTopic, ([topic, names]) => ({
      topic,
      partitions: names.map((name) => Number(name.slice(name.lastIndexOf('-') + 1))),
    }));
    const { topics = ['t'] } = this.#options;
    const { generation: generationId } = this;
    return encodeVersioned(ConsumerProtocolSubscription, {
      topics,
      userData: null,
      ownedPartitions,
      generationId,
    });
  }

  #joined(answer: JoinResponse): void {
    this.isWaiting = false;
    this.heardAt = this.#shard.now;
    const { errorCode = 0, memberId = '' } = answer;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = memberId;
      return;
    }
    if (errorCode !== ErrorCode.NONE) {
      this.#onError(errorCode);
      return;
    }
    this.memberId = memberId;
    this.generation = answer.generationId ?? -1;
    this.#protocol = answer.protocolName ?? '';
    this.isWaiting = true;
    this.#shard.sync(
      {
        groupId: this.groupId,
        memberId: this.memberId,
        groupInstanceId: this.#options.instanceId ?? null,
        generationId: this.generation,
        protocolType: 'consumer',
        protocolName: this.#protocol,
        assignments: answer.leader === memberId ? this.#assign(answer) : [],
      },
      (synced) => this.#synced(synced),
    );
  }

  #synced({ errorCode = 0, assignment }: SyncResponse): void {
    this.isWaiting = false;
    this.heardAt = this.#shard.now;
    this.needsJoin = false;
    if (errorCode !== ErrorCode.NONE) {
      this.#onError(errorCode);
      return;
    }
    this.lastError = ErrorCode.NONE;
    const given = new Set<string>();
    if (assignment !== undefined && assignment.length > 0) {
      const { assignedPartitions } = decodeVersioned(ConsumerProtocolAssignment, Buffer.from(assignment));
      for (const { topic, partitions } of assignedPartitions) {
        for (const partition of partitions) given.add(`${topic}-${partition}`);
      }
    }
    // What a cooperative consumer gives up it tells with another join.
    this.needsJoin = [...this.owned].some((name) => !given.has(name));
    this.owned = given;
  }

  /** As the leader of a classic group: one partition after the other, but none that another still has. */
  #assign({ members = [] }: JoinResponse): { memberId: string; assignment: Buffer }[] {
    const said = members.map(({ memberId = '', metadata = Buffer.alloc(0) }) => ({
      memberId,
      ...decodeVersioned(ConsumerProtocolSubscription, Buffer.from(metadata)),
    }));
    const owners = new Map<string, string>();
    for (const { memberId, ownedPartitions } of said) {
      for (const { topic, partitions } of ownedPartitions) {
        for (const partition of partitions) owners.set(`${topic}-${partition}`, memberId);
      }
    }
    const shares = new Map(said.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
    let next = 0;
    for (const { name, partitions } of this.#shard.topics.topics) {
      const wanting = said.filter(({ topics }) => topics.includes(name));
      for (const { index } of wanting.length === 0 ? [] : partitions) {
        const memberId = wanting[next++ % wanting.length]?.memberId ?? '';
        const owner = owners.get(`${name}-${index}`);
        if (owner !== undefined && owner !== memberId) continue;
        const share = shares.get(memberId);
        share?.set(name, [...(share.get(name) ?? []), index]);
      }
    }
    return Array.from(shares, ([memberId, byTopic]) => {
      const assignedPartitions = Array.from(byTopic, ([topic, partitions]) => ({ topic, partitions }));
      return {
        memberId,
        assignment: encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions, userData: null }),
      };
    });
  }

  #onError(errorCode: number): void {
    this.lastError = errorCode;
    if (errorCode === ErrorCode.NONE) return;
    this.needsJoin = true;
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) return;
    this.lose();
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID)
      this.memberId = '';
  }
}
