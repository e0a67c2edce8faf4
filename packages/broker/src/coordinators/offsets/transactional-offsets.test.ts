// Offsets that are committed in transactions, held against a model: what groups are told, live, after a restart and
// after compaction, whatever else is committed, removed or grows too old meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import fc from 'fast-check';
import { Cleaner } from '../../partitions/cleaner.ts';
import type { Partition } from '../../partitions/partition.ts';
import type { LogDirectory } from '../../storage/directory.ts';
import { memoryDisk } from '../../storage/disk-memory.ts';
import { CONSUMER_SETTINGS, TestTopics } from '../../testing/group-members.ts';
import { openPartition } from '../../testing/open-partition.ts';
import { encodeGroupRecord } from '../group-record.ts';
import type { GroupOffsets } from '../group-requests.ts';
import { GroupShard } from '../group-shard.ts';
import { Runtime } from '../runtime.ts';
import type { TopicOutcome } from './offset-commit.ts';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const GROUPS = ['g', 'h'];
const PARTITIONS = [0, 1];
const PRODUCERS = [7, 8, 9];
const RETENTION_MS = 60_000;

/** One partition of `__consumer_offsets`, on a disk in memory, with a clock of the test's. */
class OffsetsLog {
  now = 1_000_000;
  readonly #disk = memoryDisk();
  #partition: Partition | undefined;
  #directory: LogDirectory | undefined;
  #runtime: Runtime<GroupShard> | undefined;
  #epochs = new Map<number, number>();

  async open(): Promise<this> {
    const configs = {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0',
      'delete.retention.ms': '0',
    };
    const { partition, directory } = await openPartition(configs, this.#disk);
    this.#partition = partition;
    this.#directory = directory;
    this.#runtime = new Runtime({
      partition,
      encode: encodeGroupRecord,
      newMachines: newShard,
      clock: { ...systemClock, now: () => this.now },
      logger: silentLogger,
    });
    return this;
  }

  get #machines(): Runtime<GroupShard> {
    assert.ok(this.#runtime);
    return this.#runtime;
  }

  /** @param producerId of the transaction; undefined for a commit outside of any */
  async commit(groupId: string, partitionIndex: number, offset: number, producerId?: number): Promise<void> {
    const producerEpoch = this.#epochs.get(producerId ?? -1) ?? 0;
    const request = {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      apiVersion: 8,
      topics: [
        {
          name: 't',
          topicId: TOPIC_ID,
          partitions: [
            { partitionIndex, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' },
          ],
        },
      ],
    };
    const outcomes = await this.#machines.call<TopicOutcome[] | number>(
      (shard, respond, now) =>
        producerId === undefined
          ? shard.commit(request, respond, now)
          : shard.commitInTransaction(
              { ...request, producer: { producerId, producerEpoch }, problem: () => ErrorCode.NONE },
              respond,
              now,
            ),
      (errorCode) => errorCode,
    );
    assert.ok(typeof outcomes === 'object' && outcomes[0]?.partitions[0]?.errorCode === ErrorCode.NONE);
  }

  async end(producerId: number, committed: boolean): Promise<void> {
    const producerEpoch = (this.#epochs.get(producerId) ?? 0) + 1;
    this.#epochs.set(producerId, producerEpoch);
    const marker = { producerId, producerEpoch, committed, coordinatorEpoch: 0, epochPerTransaction: true };
    assert.equal(errorName(await this.#machines.endTransaction(marker)), 'NONE');
  }

  async deleteOffset(groupId: string, partitionIndex: number): Promise<void> {
    const topics = [{ name: 't', partitions: [{ partitionIndex }] }];
    await this.#machines.call<unknown>(
      (shard, respond) => shard.deleteOffsets(groupId, topics, respond),
      String,
    );
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#machines.call<unknown>((shard, respond) => shard.deleteGroup(groupId, respond), String);
  }

  async removeTopic(): Promise<void> {
    await this.#machines.run((shard) => shard.topicRemoved('t'));
  }

  async expire(): Promise<void> {
    await this.#machines.run((shard, now) => shard.expireOffsets(now));
  }

  /** Each offset of each group: for who wants stable ones, and for who does not. */
  async told(): Promise<string[]> {
    const lines: string[] = [];
    for (const groupId of GROUPS) {
      for (const requireStable of [true, false]) {
        const topics = [{ name: 't', topicId: TOPIC_ID, partitionIndexes: PARTITIONS }];
        const query = { groupId, memberId: null, memberEpoch: -1, topics, requireStable };
        const answer = await this.#machines.call<GroupOffsets | number>(
          (shard, respond) => shard.fetchOffsets(query, respond),
          (errorCode) => errorCode,
        );
        assert.ok(typeof answer === 'object');
        const offsets = answer.topics[0]?.partitions.map(({ errorCode, committedOffset }) =>
          errorCode === ErrorCode.NONE ? committedOffset : errorName(errorCode),
        );
        lines.push(`${groupId}: ${offsets?.join()}`);
      }
    }
    return lines;
  }

  async restart(isClean: boolean): Promise<void> {
    this.#machines.close();
    await this.#partition?.settled();
    if (isClean) {
      await this.#partition?.close();
      this.#directory?.close(1);
    } else {
      this.#partition?.abandon();
      this.#directory?.abandon();
    }
    await this.open();
  }

  async compact(): Promise<void> {
    assert.ok(this.#partition && this.#directory);
    const partition = this.#partition;
    await partition.settled();
    if (partition.log.segments.at(-1)?.writtenBytes !== 0) partition.log.roll();
    const cleaner = new Cleaner({
      directory: this.#directory,
      clock: { ...systemClock, now: () => this.now },
      logger: silentLogger,
      partitions: () => [partition],
      checkpoint: () => {},
      limits: { mapBytesMax: 1_000_000, bytesPerSecondMax: Number.MAX_VALUE },
      backoffMs: undefined,
    });
    await cleaner.clean();
    await cleaner.close();
  }
}

function newShard(): GroupShard {
  return new GroupShard({
    classic: {
      settings: {
        sessionTimeoutMinMs: 1,
        sessionTimeoutMaxMs: 1_800_000,
        initialRebalanceDelayMs: 0,
        maxSize: 10,
        newMemberJoinTimeoutMs: 300_000,
      },
      newMemberId: (prefix) => prefix,
    },
    consumer: {
      settings: CONSUMER_SETTINGS,
      timesOf: () => CONSUMER_SETTINGS,
      topics: new TestTopics({ t: 2 }),
      newMemberId: () => 'm',
    },
    offsetMetadataBytesMax: 4096,
    offsetsRetentionMs: RETENTION_MS,
  });
}

interface Committed {
  readonly offset: number;
  readonly at: number;
  readonly order: number;
}

/** The same, in two maps. */
class Model {
  now = 1_000_000;
  readonly #committed = new Map<string, Committed>();
  readonly #pending = new Map<number, Map<string, Committed>>();
  #order = 0;

  commit(groupId: string, partition: number, offset: number, producerId?: number): void {
    const to = producerId === undefined ? this.#committed : (this.#pending.get(producerId) ?? new Map());
    if (producerId !== undefined) this.#pending.set(producerId, to);
    to.set(`${groupId}-${partition}`, { offset, at: this.now, order: ++this.#order });
  }

  end(producerId: number, isCommitted: boolean): void {
    const pending = this.#pending.get(producerId) ?? new Map<string, Committed>();
    this.#pending.delete(producerId);
    for (const [key, committed] of isCommitted ? pending : []) {
      if ((this.#committed.get(key)?.order ?? 0) < committed.order) this.#committed.set(key, committed);
    }
  }

  remove(isGone: (key: string) => boolean): void {
    for (const map of [this.#committed, ...this.#pending.values()])
      for (const key of [...map.keys()]) if (isGone(key)) map.delete(key);
  }

  expire(): void {
    for (const [key, { at }] of [...this.#committed]) {
      if (this.now - at >= RETENTION_MS && !this.#isPending(key)) this.#committed.delete(key);
    }
  }

  #isPending(key: string): boolean {
    return [...this.#pending.values()].some((pending) => pending.has(key));
  }

  told(): string[] {
    return GROUPS.flatMap((groupId) =>
      [true, false].map((requireStable) => {
        const offsets = PARTITIONS.map((partition) => {
          const key = `${groupId}-${partition}`;
          if (requireStable && this.#isPending(key)) return 'UNSTABLE_OFFSET_COMMIT';
          return this.#committed.get(key)?.offset ?? -1;
        });
        return `${groupId}: ${offsets.join()}`;
      }),
    );
  }
}

const place = { groupId: fc.constantFrom(...GROUPS), partition: fc.constantFrom(...PARTITIONS) };
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commitIn' as const),
      producerId: fc.constantFrom(...PRODUCERS),
      ...place,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      producerId: fc.constantFrom(...PRODUCERS),
      committed: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteOffset' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteGroup' as const), groupId: place.groupId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeTopic' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('expire' as const),
      afterMs: fc.constantFrom(1000, RETENTION_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), isClean: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
);

test('offsets committed in transactions and outside of them: what groups are told, always', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 40 }), async (commands) => {
      const log = await new OffsetsLog().open();
      const model = new Model();
      let offset = 0;
      for (const each of commands) {
        log.now += 10;
        model.now = log.now;
        switch (each.kind) {
          case 'commitIn':
            await log.commit(each.groupId, each.partition, ++offset, each.producerId);
            model.commit(each.groupId, each.partition, offset, each.producerId);
            break;
          case 'commit':
            await log.commit(each.groupId, each.partition, ++offset);
            model.commit(each.groupId, each.partition, offset);
            break;
          case 'end':
            await log.end(each.producerId, each.committed);
            model.end(each.producerId, each.committed);
            break;
          case 'deleteOffset':
            await log.deleteOffset(each.groupId, each.partition);
            model.remove((key) => key === `${each.groupId}-${each.partition}`);
            break;
          case 'deleteGroup':
            await log.deleteGroup(each.groupId);
            model.remove((key) => key.startsWith(each.groupId));
            break;
          case 'removeTopic':
            await log.removeTopic();
            model.remove(() => true);
            break;
          case 'expire':
            log.now += each.afterMs;
            model.now = log.now;
            await log.expire();
            model.expire();
            break;
          case 'restart':
            await log.restart(each.isClean);
            break;
          case 'compact':
            await log.compact();
            await log.restart(true);
        }
        assert.deepEqual(await log.told(), model.told(), `after ${JSON.stringify(each)}`);
      }
    }),
    { numRuns: 1500 },
  );
});
