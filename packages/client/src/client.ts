// A Kafka client: the door to producers, consumers and the admin, which share what is known of the cluster.
//
// Nothing connects before it is used. The connections end when the last producer, consumer and admin is closed.

import { Admin } from './admin/admin.ts';
import type { Bytes } from './bytes.ts';
import { Cluster } from './cluster.ts';
import { PartitionConsumer } from './consumer/consumer.ts';
import type { ConsumeOptions } from './consumer/options.ts';
import { GroupConsumer } from './group/group-consumer.ts';
import type { GroupOptions } from './group/options.ts';
import { clientSettings, type KafkaOptions } from './options.ts';
import type { ProducerOptions } from './producer/options.ts';
import { Producer } from './producer/producer.ts';
import type { TransformOptions } from './transform/options.ts';
import { Transform } from './transform/transform.ts';

const SOFTWARE = { name: 'klamm', version: '0.1.0' };

export class Kafka {
  readonly #cluster: Cluster;

  /** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
  constructor(options: KafkaOptions) {
    this.#cluster = new Cluster(clientSettings(options), SOFTWARE);
  }

  /** Sends records. By default each is acknowledged by all in-sync replicas, and stored once. */
  producer<Value = Bytes, Key = Bytes>(options: ProducerOptions<Value, Key> = {}): Producer<Value, Key> {
    return new Producer(this.#cluster, options);
  }

  /**
   * Reads partitions of a topic, without a group: `for await (const message of kafka.consume({ topic })) …`. Leaving
   * the loop ends it.
   */
  consume<Value = Buffer, Key = Buffer>(options: ConsumeOptions<Value, Key>): PartitionConsumer<Value, Key> {
    return new PartitionConsumer(this.#cluster, options);
  }

  /**
   * Reads topics as a member of a consumer group, from where the group is: `for await (const message of
   * kafka.group({ groupId, topics })) { …; message.mark(); }`, or `run(handler)`. Joins when it is first read.
   */
  group<Value = Buffer, Key = Buffer>(options: GroupOptions<Value, Key>): GroupConsumer<Value, Key> {
    return new GroupConsumer(this.#cluster, options);
  }

  /**
   * Reads as a member of a group and writes what becomes of it, exactly once: `await kafka.transform({ from: { groupId,
   * topics }, to: { transactionalId } }).run((message) => ({ topic, value: … }))`.
   */
  transform<Value = Buffer, Key = Buffer, OutValue = Bytes, OutKey = Bytes>(
    options: TransformOptions<Value, Key, OutValue, OutKey>,
  ): Transform<Value, Key, OutValue, OutKey> {
    return new Transform(this.#cluster, options);
  }

  /** Topics, settings, offsets, the cluster. */
  admin(): Admin {
    return new Admin(this.#cluster);
  }
}
