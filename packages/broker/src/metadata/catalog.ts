// Topics, settings and producer ids: what is, and how it changes. A change is decided on the image as it stands,
// appended to the metadata log, and applied once it is durable; changes follow one another, so that each decision
// sees the effects of those before it. Validation is that of ReplicationControlManager and
// ConfigurationControlManager of Apache Kafka's controller.

import type { Clock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { randomUuid } from '@klamm/base/random';
import { decodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import type { BrokerSettings } from '../config/settings.ts';
import { problemsTogether } from '../config/settings-together.ts';
import { partitionConfig } from '../config/topic.ts';
import type { PartitionConfig } from '../partitions/partition.ts';
import type { LogDirectory } from '../storage/directory.ts';
import {
  bootstrapRecords,
  type Endpoint,
  fenceRecords,
  METADATA_VERSION,
  registrationRecords,
} from './bootstrap.ts';
import { ConfigValues } from './config-values.ts';
import { MetadataImage, ResourceType, type TopicImage } from './image.ts';
import { MetadataLog } from './metadata-log.ts';
import { formattedRecords } from './metadata-snapshots.ts';
import type { Quorum } from './quorum.ts';
import { SoleNode } from './sole-node.ts';

/** Told about topics after a change is durable. */
export interface CatalogListener {
  partitionsAdded(topic: TopicImage, from: number): Promise<void>;
  topicRemoved(topic: TopicImage): Promise<void>;
  topicConfigured(topic: TopicImage): void;
}

/**
 * Told which broker settings were altered, when that is durable: their names as given, those of listeners with prefix.
 */
type BrokerConfigWatcher = (names: ReadonlySet<string>) => void;

/** Judges altered broker settings before they are stored: says what is wrong with them, or null. */
type BrokerConfigCheck = (proposed: BrokerSettings, names: ReadonlySet<string>) => Promise<string | null>;

/** What a decision wants: records to append, and an answer to give when they are durable. */
export interface Decision<T> {
  readonly records: readonly Buffer[];
  readonly result: T;
}

export class Catalog {
  readonly image = new MetadataImage();
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
  readonly settings: BrokerSettings;
  /** The settings of every resource, and where their values come from. */
  readonly configs: ConfigValues;
  readonly #log: MetadataLog;
  #listener: CatalogListener | undefined;
  readonly #brokerConfigWatchers: BrokerConfigWatcher[] = [];
  readonly #brokerConfigChecks: BrokerConfigCheck[] = [];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(directory: LogDirectory, settings: BrokerSettings, log: MetadataLog) {
    this.clusterId = directory.identity.clusterId;
    this.nodeId = directory.identity.nodeId;
    this.directoryId = directory.identity.directoryId;
    this.settings = settings;
    this.configs = new ConfigValues(this.image, settings, this.nodeId);
    this.#log = log;
  }

  /** Replays the metadata log; writes what a new cluster begins with where it is empty. */
  static async open(
    directory: LogDirectory,
    settings: BrokerSettings,
    clock: Clock,
    logger: Logger,
  ): Promise<Catalog> {
    const replayed: Parameters<MetadataImage['replay']>[] = [];
    const soleNode = new SoleNode(directory.identity.nodeId);
    const log = await MetadataLog.open(directory, clock, logger, ({ record, offset }) => {
      replayed.push([record, offset]);
      soleNode.replay(record);
    });
    try {
      checkSoleNode(directory, log.quorum, soleNode);
    } catch (error) {
      log.abandon(error as Error);
      throw error;
    }
    directory.use();
    log.lead();
    const catalog = new Catalog(directory, settings, log);
    for (const [record, offset] of replayed) catalog.image.replay(record, offset);
    settings.overlay((name) => catalog.dynamicBrokerConfig(name));
    if (!catalog.image.features.has(METADATA_VERSION)) await catalog.#append(firstRecords(directory));
    return catalog;
  }

  set listener(listener: CatalogListener) {
    this.#listener = listener;
  }

  /** Calls `watcher` whenever broker settings have been altered; what is in force is then read from `settings`. */
  watchBrokerConfigs(watcher: BrokerConfigWatcher): void {
    this.#brokerConfigWatchers.push(watcher);
  }

  /** Has `check` asked before broker settings are altered, with the settings as they would be. */
  checkBrokerConfigs(check: BrokerConfigCheck): void {
    this.#brokerConfigChecks.push(check);
  }

  /** What is wrong with broker settings that would become `configs` for a resource; null where nothing is. */
  async brokerConfigProblem(
    resourceName: string,
    configs: ReadonlyMap<string, string>,
    names: ReadonlySet<string>,
  ): Promise<string | null> {
    const own = resourceName === '' ? this.image.configs(ResourceType.broker, `${this.nodeId}`) : configs;
    const everywhere = resourceName === '' ? configs : this.image.configs(ResourceType.broker, '');
    const proposed = this.settings.with((name) => own.get(name) ?? everywhere.get(name));
    const [together] = problemsTogether(proposed);
    if (together !== undefined) return `${together}.`;
    for (const check of this.#brokerConfigChecks) {
      const problem = await check(proposed, names);
      if (problem !== null) return problem;
    }
    return null;
  }

  /** Registers this node with its addresses: a new incarnation, and with it a new broker epoch. */
  async register(endpoints: readonly Endpoint[]): Promise<void> {
    await this.#append(registrationRecords(this.nodeId, this.directoryId, this.#log.endOffset, endpoints));
  }

  get brokerEpoch(): number {
    return this.image.brokerEpoch;
  }

  get epoch(): number {
    return this.#log.epoch;
  }

  get endOffset(): number {
    return this.#log.endOffset;
  }

  /** 0 where the quorum's voters are fixed, 1 where they can change (KIP-853). */
  get kraftVersion(): number {
    return this.#log.quorum.kraftVersion;
  }

  /** Decides and applies one change after those before it. Rejects, with nothing changed, when it cannot be stored. */
  change<T>(decide: (image: MetadataImage) => Decision<T>): Promise<T> {
    const run = async (): Promise<T> => {
      const { records, result } = decide(this.image);
      if (records.length > 0) await this.#append(records);
      return result;
    };
    const next = this.#last.then(run, run);
    this.#last = next.catch(() => {});
    return next;
  }

  async #append(records: readonly Buffer[]): Promise<void> {
    const first = await this.#log.append(records);
    const added = new Map<TopicImage, number>();
    const configured = new Set<TopicImage>();
    const brokerConfigs = new Set<string>();
    for (const [i, bytes] of records.entries()) {
      const record = decodeMetadata(bytes);
      const removed = record.type === 9 ? this.image.topicById(record.data.topicId) : undefined;
      this.image.replay(record, first + i);
      if (removed !== undefined) await this.#listener?.topicRemoved(removed);
      if (record.type === 3) {
        const topic = this.image.topicById(record.data.topicId);
        if (topic !== undefined && !added.has(topic)) added.set(topic, record.data.partitionId);
      }
      // What is set for brokers is what topics without a value of their own go by.
      if (record.type === 4 && this.#concernsThisBroker(record.data)) brokerConfigs.add(record.data.name);
      if (record.type === 4 && record.data.resourceType === ResourceType.topic) {
        const topic = this.image.topic(record.data.resourceName);
        if (topic !== undefined) configured.add(topic);
      }
    }
    for (const [topic, from] of added) await this.#listener?.partitionsAdded(topic, from);
    if (brokerConfigs.size > 0) for (const topic of this.image.topics) configured.add(topic);
    for (const topic of configured) if (!added.has(topic)) this.#listener?.topicConfigured(topic);
    if (brokerConfigs.size > 0) for (const watcher of this.#brokerConfigWatchers) watcher(brokerConfigs);
  }

  #concernsThisBroker({
    resourceType,
    resourceName,
  }: {
    resourceType: number;
    resourceName: string;
  }): boolean {
    return resourceType === ResourceType.broker && (resourceName === '' || resourceName === `${this.nodeId}`);
  }

  /** What was set for a broker setting while brokers ran: for this one, else for all; undefined where nothing was. */
  dynamicBrokerConfig(name: string): string | undefined {
    return (
      this.image.configs(ResourceType.broker, `${this.nodeId}`).get(name) ??
      this.image.configs(ResourceType.broker, '').get(name)
    );
  }

  partitionConfig(topic: string): PartitionConfig {
    return partitionConfig((name) => this.configs.topic(topic, name));
  }

  newTopicId(): string {
    return randomUuid();
  }

  /** Fences this node, so that whoever opens the directory next can register at once, and closes the log. */
  async close(): Promise<void> {
    await this.#last;
    await this.#append(fenceRecords(this.nodeId, this.brokerEpoch));
    await this.#log.close();
  }

  abandon(error: Error): void {
    this.#log.abandon(error);
  }
}

/** Throws where one node cannot serve what the directory holds. */
function checkSoleNode({ path, identity }: LogDirectory, quorum: Quorum, soleNode: SoleNode): void {
  const problems = [quorum.problem(identity.nodeId), ...soleNode.problems()].filter((text) => text !== null);
  if (problems.length === 0) return;
  throw new KlammError(`Klamm cannot serve the data directory ${path}: ${problems.join('; ')}.`, {
    code: 'DIRECTORY_OF_A_CLUSTER',
    retriable: false,
  });
}

/** What `kafka-storage format` left for the first start, or what Klamm begins with. */
function firstRecords({ disk, path }: LogDirectory): Buffer[] {
  const formatted = formattedRecords(disk, path);
  return formatted.length > 0 ? formatted : bootstrapRecords();
}
