// A way to a cluster for programs that carry record batches about without reading them: who leads a partition, a
// connection to that broker, and the admin's calls, all of one cluster.
//
// Kafka's own classes decide what to do about a refusal; here the caller does, as it alone knows what a batch in doubt
// means. The requests themselves are beside this file.

import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import { Admin } from '../admin/admin.ts';
import { Cluster } from '../cluster.ts';
import type { Connection } from '../network/connection.ts';
import { clientSettings, type KafkaOptions } from '../options.ts';

export interface RawPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  /** Node id of the leader; -1 where there is none at the moment. */
  readonly leader: number;
}

export class RawClient implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #release: () => void;
  readonly admin: Admin;

  /** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
  constructor(options: KafkaOptions) {
    this.#cluster = new Cluster(clientSettings(options), { name: 'klamm', version: '0.1.0' });
    this.#release = this.#cluster.use();
    this.admin = new Admin(this.#cluster);
  }

  /** The name of a lane that nobody else has: see `connect`. */
  newLane(name: string): string {
    return this.#cluster.newPurpose(name);
  }

  /**
   * The partition as it is known, asked for where it is not.
   *
   * @throws KlammError UNKNOWN_TOPIC_OR_PARTITION where it is not there, or NETWORK_EXCEPTION after retryTimeoutMs
   */
  async partition(topic: string, index: number): Promise<RawPartition> {
    const found = await this.#cluster.topic(topic, false);
    const leader = found.partitions.find((each) => each.index === index)?.leader ?? -1;
    return { topic, topicId: found.id, index, leader };
  }

  /** Says that what is known of the topic proved wrong. */
  invalidate(topic: string): void {
    this.#cluster.invalidate(topic);
  }

  /** The connection of a lane to a node; one lane has one to each. Throws KlammError NETWORK_EXCEPTION. */
  connect(nodeId: number, lane: string): Promise<Connection> {
    return this.#cluster.connect(nodeId, lane);
  }

  /** Asks any broker. Throws KlammError NETWORK_EXCEPTION where none answers within retryTimeoutMs. */
  request<Q extends Fields, R extends Fields>(api: Api<Q, R>, body: Encodable<Q>): Promise<Decoded<R>> {
    return this.#cluster.request(api, body);
  }

  /** Closes the connections of a lane. */
  releaseLane(lane: string): void {
    this.#cluster.pool.release(lane);
  }

  /** Calls again while a retriable error is thrown, until retryTimeoutMs is over. */
  retry<T>(attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.retry(attempt);
  }

  async close(): Promise<void> {
    await this.admin.close();
    this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
