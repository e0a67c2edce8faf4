// The topic of the mirrors' facts: made where it is missing, read to its end, followed, and written to.

import { KlammError } from '@klamm/base/errors';
import { text } from '@klamm/client/bytes';
import type { Kafka } from '@klamm/client/client';
import type { Producer } from '@klamm/client/producer/producer';
import { MirrorState, STATE_TOPIC, type StateRecord } from './state.ts';

const REPLICAS_MAX = 3;
const CONFIGS = { 'cleanup.policy': 'compact', 'segment.bytes': 1024 * 1024 };

export class StateLog implements AsyncDisposable {
  readonly state: MirrorState;
  readonly #kafka: Kafka;
  readonly #producer: Producer<string, string>;
  #end = 0;

  constructor(kafka: Kafka, name: string) {
    this.#kafka = kafka;
    this.state = new MirrorState(name);
    this.#producer = kafka.producer({ key: text, value: text });
  }

  /** Makes the topic, where it is not there. */
  async prepare(): Promise<void> {
    await using admin = this.#kafka.admin();
    if (await admin.topicExists(STATE_TOPIC)) return;
    const { brokers } = await admin.describeCluster();
    const replicationFactor = Math.min(brokers.length, REPLICAS_MAX);
    try {
      await admin.createTopic({ name: STATE_TOPIC, partitions: 1, replicationFactor, configs: CONFIGS });
    } catch (cause) {
      if (!(cause instanceof KlammError) || cause.code !== 'TOPIC_ALREADY_EXISTS') throw cause;
    }
  }

  /** Reads what has been added. False where there is no such topic. */
  async refresh(): Promise<boolean> {
    await using admin = this.#kafka.admin();
    if (!(await admin.topicExists(STATE_TOPIC))) return false;
    const { state } = this;
    await using reader = this.#kafka.consume({
      topic: STATE_TOPIC,
      from: this.#end,
      toEnd: true,
      onOutOfRange: 'earliest',
      key: text,
      value: text,
    });
    for await (const { key, value, offset } of reader) {
      if (key !== null) state.apply(key, value);
      this.#end = offset + 1;
    }
    return true;
  }

  /** Resolves when the facts cannot be lost any more. */
  async write(...records: readonly StateRecord[]): Promise<void> {
    await this.#producer.sendBatch(records.map(({ key, value }) => ({ topic: STATE_TOPIC, key, value })));
    for (const { key, value } of records) this.state.apply(key, value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
  }
}
