// What happens to a cluster, drawn by chance: topics made, grown, trimmed, deleted and made again, records of every kind,
// transactions that are committed, aborted or left open, groups of both protocols, ACLs, users, quotas, settings. Any number
// of histories can happen in one cluster; each has names of its own.

import type { Random } from '@klamm/base/random';
import type { Admin } from '@klamm/client/admin/admin';
import type { Kafka } from '@klamm/client/client';
import type { CompressionName } from '@klamm/protocol/records/compression';
import type { RawTransactions } from '../raw-transactions.ts';
import { until } from './until.ts';

const COMPRESSIONS: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const OLD_MS = 1_500_000_000_000;
const STEPS = 24;

export interface HistoryPlace {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly raw: RawTransactions;
  readonly random: Random;
  /** False where the broker will be killed that forgets what was trimmed in the last minute, as Apache Kafka does. */
  readonly trims?: boolean;
}

interface TopicState {
  readonly name: string;
  readonly isCompacted: boolean;
  partitions: number;
}

/** Has `STEPS` things happen. Topics and transactional ids that are written without a login begin with `raw-`. */
export class History {
  readonly #name: string;
  readonly #place: HistoryPlace;
  readonly #topics: TopicState[] = [];
  readonly #groups: string[] = [];
  #count = 0;

  constructor(name: string, place: HistoryPlace) {
    this.#name = name;
    this.#place = place;
  }

  async run(): Promise<void> {
    await this.#createTopic();
    await this.#produce();
    for (let i = 0; i < STEPS; i++) {
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const steps: readonly (readonly [weight: number, step: () => Promise<void>])[] = [
      [2, () => this.#createTopic()],
      [8, () => this.#produce()],
      [3, () => this.#transaction()],
      [2, () => this.#rawTransaction()],
      [2, () => this.#offsets()],
      [1, () => this.#member()],
      [this.#place.trims === false ? 0 : 1, () => this.#trim()],
      [1, () => this.#grow()],
      [1, () => this.#deleteTopic()],
      [1, () => this.#configure()],
      [2, () => this.#access()],
    ];
    const total = steps.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#below(total);
    for (const [weight, step] of steps) {
      left -= weight;
      if (left < 0) {
        return await step();
      }
    }
  }

  async #createTopic(name = `raw-${this.#name}-${this.#topics.length}`): Promise<void> {
    const isCompacted = this.#chance(0.25);
    const topic = { name, isCompacted, partitions: 1 + this.#below(3) };
    await this.#place.admin.createTopic({
      name,
      partitions: topic.partitions,
      configs: {
        'retention.ms': '-1',
        ...(isCompacted ? { 'cleanup.policy': 'compact' } : {}),
        ...(this.#chance(0.4) ? { 'segment.bytes': '1048576' } : {}),
        ...(this.#chance(0.2) ? { 'compression.type': this.#oneOf(COMPRESSIONS.slice(1)) } : {}),
        ...(this.#chance(0.2) ? { 'message.timestamp.type': 'LogAppendTime' } : {}),
      },
    });
    await this.#untilLed(topic);
    this.#topics.push(topic);
  }

  /** Apache Kafka answers before it has new partitions and their leaders. */
  async #untilLed({ name, partitions }: TopicState): Promise<void> {
    await until(
      () => this.#place.admin.describeTopic(name),
      (topic) =>
        topic.partitions.length === partitions && topic.partitions.every(({ leader }) => leader >= 0),
    );
    await this.#place.admin.listOffsets(name, 'latest');
  }

  async #produce(): Promise<void> {
    const topic = this.#oneOf(this.#topics);
    await using producer = this.#place.kafka.producer({
      compression: this.#oneOf(COMPRESSIONS),
      idempotent: this.#chance(0.8),
      batchBytes: this.#oneOf([500, 20_000, 262_144]),
    });
    const bytes = this.#oneOf([0, 10, 300, 20_000]);
    const count = this.#oneOf([1, 20, 150]);
    const isOld = this.#chance(0.2);
    const messages = Array.from({ length: count }, (_, i) => ({
      topic: topic.name,
      partition: this.#below(topic.partitions),
      key: topic.isCompacted || this.#chance(0.7) ? `k${this.#below(15)}` : null,
      value: this.#chance(0.1) ? null : `${this.#count++} ${'x'.repeat(bytes)}`,
      ...(this.#chance(0.2) ? { headers: { trace: `${i}`, 'with ü': Buffer.from([0, 255]) } } : {}),
      ...(isOld ? { timestamp: OLD_MS + i } : {}),
    }));
    await producer.sendBatch(messages);
  }

  async #transaction(): Promise<void> {
    const topic = this.#oneOf(this.#topics);
    const transactionalId = `${this.#name}-txn-${this.#below(2)}`;
    const withOffsets = this.#chance(0.3);
    const aborts = this.#chance(0.4);
    await using producer = this.#place.kafka.producer({ transactionalId });
    const end = new Error('aborted on purpose');
    await producer
      .transaction(async (txn) => {
        for (let i = 0; i < 5; i++) {
          const [partition, value] = [this.#below(topic.partitions), `in a transaction ${this.#count++}`];
          await txn.send({ topic: topic.name, partition, key: `t${i}`, value });
        }
        if (withOffsets)
          await txn.sendOffsets(this.#group('txn'), [
            { topic: topic.name, partition: 0, offset: this.#below(100) },
          ]);
        if (aborts) throw end;
      })
      .catch((error: unknown) => {
        if (error !== end && (error as Error).cause !== end) throw error;
      });
  }

  /** One that may be left open, for good as far as a history goes. */
  async #rawTransaction(): Promise<void> {
    const { raw } = this.#place;
    const topic = this.#oneOf(this.#topics);
    const producer = await raw.producer(`raw-${this.#name}-${this.#below(3)}`);
    const place = { topic: topic.name, partition: this.#below(topic.partitions) };
    await raw.add(producer, place);
    // Compacted topics take no record without a key, and this one writes none.
    if (!topic.isCompacted) {
      await raw.write(producer, place, `raw ${this.#count++}`);
      await raw.write(producer, place, `raw ${this.#count++}`);
    }
    const fate = this.#oneOf(['commit', 'abort', 'open'] as const);
    if (fate !== 'open') await raw.end(producer, fate === 'commit');
  }

  async #offsets(): Promise<void> {
    const { name, partitions } = this.#oneOf(this.#topics);
    const offsets = Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
      offset: this.#below(1000),
      ...(this.#chance(0.5) ? { metadata: `by hand, ${this.#count++}` } : {}),
    }));
    await this.#place.admin.setGroupOffsets(this.#group('set'), offsets);
  }

  /** A member that comes, reads, commits and goes. */
  async #member(): Promise<void> {
    const protocol = this.#oneOf(['classic', 'consumer'] as const);
    const groupId = this.#group(protocol);
    const topic = this.#oneOf(this.#topics).name;
    const { kafka } = this.#place;
    await using producer = kafka.producer();
    const count = 1 + this.#below(5);
    const message = { topic, partition: 0, key: 'last', value: 'so that there is enough' };
    await producer.sendBatch(Array.from({ length: count }, () => message));
    let read = 0;
    const options = { groupId, topics: topic, protocol, autoOffsetReset: 'earliest' } as const;
    for await (const message of kafka.group(options)) {
      message.mark();
      if (++read >= count) break;
    }
  }

  async #trim(): Promise<void> {
    const { name, isCompacted } = this.#oneOf(this.#topics);
    // Nobody may trim what is only compacted.
    if (isCompacted) return;
    const ends = await this.#place.admin.listOffsets(name, 'latest');
    const before = [...ends].map(([partition, end]) => [partition, this.#below(end + 1)]);
    await this.#place.admin.deleteRecords(name, Object.fromEntries(before));
  }

  async #grow(): Promise<void> {
    const topic = this.#oneOf(this.#topics);
    topic.partitions++;
    await this.#place.admin.createPartitions(topic.name, topic.partitions);
    await this.#untilLed(topic);
  }

  async #deleteTopic(): Promise<void> {
    const topic = this.#oneOf(this.#topics.slice(1));
    if (topic === undefined) return;
    await this.#place.admin.deleteTopic(topic.name);
    this.#topics.splice(this.#topics.indexOf(topic), 1);
    const name = this.#topics.some((other) => other.name === topic.name) ? undefined : topic.name;
    await this.#createTopic(name);
  }

  async #configure(): Promise<void> {
    const { admin } = this.#place;
    const topic = this.#oneOf(this.#topics).name;
    const changes = [
      () => admin.alterConfigs({ topic }, { 'max.message.bytes': 500_000 + this.#below(500_000) }),
      () => admin.alterConfigs({ topic }, { 'max.message.bytes': null, 'segment.ms': 86_400_000 }),
      () => admin.alterConfigs({ broker: 1 }, { 'message.max.bytes': 2_000_000 + this.#below(1000) }),
      () => admin.alterConfigs({ broker: '' }, { 'log.retention.ms': 700_000_000 + this.#below(1000) }),
      () => admin.alterConfigs({ group: this.#group('set') }, { 'consumer.session.timeout.ms': 50_000 }),
      () =>
        admin.alterConfigs(
          { clientMetrics: `${this.#name}-metrics` },
          { 'interval.ms': 30_000, metrics: 'org.apache.kafka.', match: 'client_id=x.*' },
        ),
    ];
    await this.#oneOf(changes)();
  }

  async #access(): Promise<void> {
    const { admin } = this.#place;
    const user = `${this.#name}-user-${this.#below(3)}`;
    const acl = {
      resourceType: this.#oneOf(['topic', 'group', 'transactionalId'] as const),
      resourceName: `${this.#name}-${this.#below(3)}`,
      patternType: this.#oneOf(['literal', 'prefixed'] as const),
      principal: `User:${user}`,
      host: this.#oneOf(['*', '10.0.0.1']),
      operation: this.#oneOf(['describe', 'all'] as const),
      permission: this.#oneOf(['allow', 'deny'] as const),
    };
    const changes = [
      () => admin.createAcls([acl]),
      () => admin.createAcls([{ ...acl, resourceName: '*', patternType: 'literal' }]),
      () => admin.deleteAcls([{ principal: `User:${user}`, resourceType: acl.resourceType }]),
      () =>
        admin.setUserPasswords([
          { name: user, password: `of ${user}`, mechanism: this.#oneOf(['SCRAM-SHA-256', 'SCRAM-SHA-512']) },
        ]),
      () =>
        admin.alterQuotas([{ entity: { user }, quotas: { producer_byte_rate: 1e6 + this.#below(1000) } }]),
      () =>
        admin.alterQuotas([
          {
            entity: { user, clientId: null },
            quotas: { request_percentage: 50.5, consumer_byte_rate: null },
          },
        ]),
      () => admin.createToken({ renewers: [`User:${user}`] }),
    ];
    await this.#oneOf<() => Promise<unknown>>(changes)();
  }

  /** A group of that kind; the same again with some luck. */
  #group(kind: string): string {
    const groupId = `raw-${this.#name}-${kind}-${this.#below(2)}`;
    if (!this.#groups.includes(groupId)) this.#groups.push(groupId);
    return groupId;
  }

  #below(limit: number): number {
    return Math.floor(this.#place.random() * limit);
  }

  #chance(share: number): boolean {
    return this.#place.random() < share;
  }

  #oneOf<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }
}
