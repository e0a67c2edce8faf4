// The administrator's calls: topics, their settings, their offsets, and the cluster itself.

import type { Cluster, ClusterMetadata, TopicMetadata } from '../cluster.ts';
import type { StartPosition } from '../consumer/options.ts';
import { alterConfigs, type ConfigEntry, type ConfigResource, describeConfigs } from './configs.ts';
import { deleteRecords, listOffsets } from './records.ts';
import {
  type ChangeOptions,
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopics,
  type NewTopic,
} from './topics.ts';

/** Every call throws KlammError: with Kafka's code where the broker refused, NETWORK_EXCEPTION where it is not there. */
export class Admin implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #release: () => void;

  /** Use `kafka.admin()`. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#release = cluster.use();
  }

  /** All topics, by name. Kafka's own (`__consumer_offsets`) only with `internal: true`. */
  async listTopics(options: { readonly internal?: boolean } = {}): Promise<TopicMetadata[]> {
    const { topics } = await this.#cluster.listTopics(null);
    return topics
      .filter(({ isInternal }) => options.internal === true || !isInternal)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async topicExists(name: string): Promise<boolean> {
    const { topics } = await this.#cluster.listTopics([name]);
    return topics.length > 0;
  }

  /** Creates a topic; throws TOPIC_ALREADY_EXISTS where it is there. */
  createTopic(topic: string | NewTopic, options: ChangeOptions = {}): Promise<void> {
    return createTopics(this.#cluster, [typeof topic === 'string' ? { name: topic } : topic], options);
  }

  createTopics(topics: readonly NewTopic[], options: ChangeOptions = {}): Promise<void> {
    return createTopics(this.#cluster, topics, options);
  }

  async describeTopic(name: string): Promise<TopicMetadata> {
    const [topic] = await describeTopics(this.#cluster, [name]);
    return topic as TopicMetadata;
  }

  describeTopics(names: readonly string[]): Promise<TopicMetadata[]> {
    return describeTopics(this.#cluster, names);
  }

  deleteTopic(name: string): Promise<void> {
    return deleteTopics(this.#cluster, [name]);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return deleteTopics(this.#cluster, names);
  }

  /** Gives the topic `count` partitions in all. Keys move: the partition of a key depends on the count. */
  createPartitions(topic: string, count: number, options: ChangeOptions = {}): Promise<void> {
    return createPartitions(this.#cluster, topic, count, options);
  }

  /** @param names only these settings; default all */
  describeConfigs(resource: ConfigResource, names?: readonly string[]): Promise<ConfigEntry[]> {
    return describeConfigs(this.#cluster, resource, names ?? null);
  }

  /** Sets the given settings and leaves the others; null takes one back to its default. */
  alterConfigs(
    resource: ConfigResource,
    changes: Readonly<Record<string, string | number | boolean | null>>,
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    return alterConfigs(this.#cluster, resource, changes, options.validateOnly ?? false);
  }

  /** Deletes the records before an offset of each partition; resolves with the partitions' first offsets. */
  deleteRecords(
    topic: string,
    before: Readonly<Record<number, number | 'latest'>>,
  ): Promise<Map<number, number>> {
    return deleteRecords(this.#cluster, topic, before);
  }

  /** Offsets by partition: of the first record, of the next one to be written, or of a time. */
  listOffsets(
    topic: string,
    position: Exclude<StartPosition, number>,
    options: { readonly partitions?: readonly number[]; readonly readCommitted?: boolean } = {},
  ): Promise<Map<number, number>> {
    return listOffsets(this.#cluster, topic, position, options);
  }

  async describeCluster(): Promise<ClusterMetadata> {
    const { cluster } = await this.#cluster.listTopics([]);
    return cluster;
  }

  async close(): Promise<void> {
    this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
